import assert from 'node:assert/strict'
import { join } from 'node:path'
import { ROOT } from './broker-process.ts'
import { PYTHON, run } from './script.ts'
import type { Target } from './target.ts'

/** Plays one scenario of test/interop/python/SCRIPT: it asserts for itself and says why it fails. */
export async function playPython(
  script: string,
  scenario: string,
  { host, port }: Pick<Target, 'host' | 'port'>,
): Promise<void> {
  const { err, code } = await run(PYTHON, [join(ROOT, 'test/interop/python', script), scenario, host, String(port)])
  assert.equal(code, 0, err)
}

import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { ROOT } from './broker-process.ts'
import { BUILD, missing, run } from './script.ts'
import { fresh, targetOf } from './target.ts'

const { skip, target } = targetOf('kafka')
const notThere = missing('build/nestjs', 'run scripts/install-clients.sh', existsSync(join(BUILD, 'nestjs/.ready')))

suite('NestJS on Transport.KAFKA', { skip: skip || notThere, timeout: 120_000 }, () => {
  test('asks and is answered, hears events in order, and tells errors to who asked', async () => {
    const program = join(ROOT, 'test/interop/node/nestjs.cjs')
    const { out, err, code } = await run(process.execPath, [program, target().address, fresh('nest')], {
      env: { NODE_PATH: join(BUILD, 'nestjs/node_modules') },
      timeoutMs: 90_000,
    })
    assert.equal(code, 0, err)
    assert.deepEqual(out.trim().split('\n'), [
      'sums 6 15 40',
      'all at once 0 1 4 9 16 25 36 49 64 81',
      'refused: no orders today',
      'events 0 1 2 3 4 5 6 7 8 9 with header h7',
    ])
  })
})

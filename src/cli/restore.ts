import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { copyData, syncCopies, targetProblem } from '../server/backup.ts'
import { ConfigError } from '../server/config-error.ts'

const USAGE =
  'usage: posthorn restore BACKUP [--data DIR]\n\nMakes a data directory of what `posthorn backup create` has copied.\n'

/** Copies a backup to where a broker can be started on it; the backup stays as it is. */
export async function run(args: string[]): Promise<number> {
  const options = { data: { type: 'string' }, help: { type: 'boolean', short: 'h' } } as const
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true })
  const [backup] = positionals
  if (backup === undefined || values.help === true) {
    process.stdout.write(USAGE)
    return values.help === true ? 0 : 2
  }
  if (!existsSync(join(backup, 'VERSION'))) throw new ConfigError(`${backup} is no backup: it has no VERSION`)
  const data = resolve(values.data ?? process.env.POSTHORN_DATA ?? './data')
  const problem = targetProblem(resolve(backup), data)
  if (problem !== null) throw new ConfigError(problem)
  const copies = copyData(backup, data)
  await syncCopies(data, copies)
  process.stdout.write(`${copies.length} files restored to ${data}\n`)
  return 0
}

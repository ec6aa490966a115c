import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type Lock, lockDirectory } from '../env/node-lock.ts'
import { targetProblem } from '../server/backup.ts'
import { ConfigError } from '../server/config-error.ts'
import { salvageDirectory } from '../server/salvage/open.ts'
import type { SalvageReport } from '../server/salvage/salvage.ts'
import { StoreError } from '../store/errors.ts'

const USAGE = `usage: posthorn salvage DIRECTORY --to DIRECTORY

For a data directory that is damaged, so that no broker starts on it or messages cannot be read: reads everything that can be read and writes
it to a new directory, on which a broker starts. The damaged one stays as it is. What was lost is printed, and what the damage was; the
exit code is 0 if nothing was lost, 3 if something was.
`

export async function run(args: string[]): Promise<number> {
  const options = { to: { type: 'string' }, help: { type: 'boolean', short: 'h' } } as const
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true })
  const [directory] = positionals
  if (directory === undefined || values.to === undefined || values.help === true) {
    process.stdout.write(USAGE)
    return values.help === true ? 0 : 2
  }
  const target = resolve(values.to)
  if (!existsSync(join(directory, 'journal')))
    throw new ConfigError(`${directory} is no data directory: it has no journal`)
  const problem = targetProblem(resolve(directory), target)
  if (problem !== null) throw new ConfigError(problem)
  const lock = await take(directory)
  try {
    const report = salvageDirectory(directory, target)
    print(report, target)
    return report.losses.length + report.senseless.length + report.damages.length > 0 ? 3 : 0
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
    process.stderr.write(`posthorn: ${error.message}\n`)
    return 1
  } finally {
    await new Promise<void>((done) => lock.release(done))
  }
}

/** While a broker has the directory it is not damaged, and changes. */
function take(directory: string): Promise<Lock> {
  return new Promise((resolve, reject) => {
    lockDirectory(directory, (error, lock) => (lock === undefined ? reject(error) : resolve(lock)))
  })
}

function print({ damages, losses, senseless, torn, records, parts, bytes }: SalvageReport, target: string): void {
  const say = (line: string) => process.stdout.write(`${line}\n`)
  say(
    `read ${parts} parts of the checkpoint and ${records} records of the journal; ${bytes} bytes of messages in ${target}`,
  )
  if (torn) say('the journal ends in a torn tail, which nobody was promised')
  for (const { file, at, length, reason } of damages) say(`damaged   ${file} at byte ${at}, ${length} bytes: ${reason}`)
  for (const { of, from, to, why } of losses)
    say(`lost      ${of}: ${from === to ? from : `${from} to ${to}`} (${why})`)
  for (const text of senseless) say(`senseless without what is lost: ${text}`)
  if (damages.length === 0 && losses.length === 0) say('nothing is damaged')
  else say('What was settled or deleted in what is damaged may be there again.')
}

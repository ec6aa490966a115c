import { existsSync } from 'node:fs'
import { Record as RecordType } from '../broker/records.ts'
import { NodeDisk } from '../env/node-disk.ts'
import { LockedError, lockDirectory } from '../env/node-lock.ts'
import { StoreError } from '../store/errors.ts'
import { type Inspection, inspect } from '../store/inspect.ts'
import { inspectCheckpoint, inspectSegments } from '../store/inspect-files.ts'

/** Checks a data directory that no broker has open, and prints what is in it. Exits 1 if anything is damaged. */
export async function run(args: string[]): Promise<number> {
  const [directory] = args
  if (directory === undefined || directory.startsWith('-')) {
    process.stdout.write(
      'usage: posthorn inspect DIRECTORY\n\nChecks every checksum of a data directory and prints what it holds.\n',
    )
    return directory === '--help' || directory === '-h' ? 0 : 2
  }
  if (!existsSync(directory)) return refuse(`there is no directory ${directory}`)
  try {
    return await withLock(directory, () => print(directory))
  } catch (error) {
    if (error instanceof StoreError || error instanceof LockedError) return refuse(error.message)
    throw error
  }
}

function refuse(why: string): number {
  process.stderr.write(`posthorn: ${why}\n`)
  return 1
}

function withLock(directory: string, act: () => number): Promise<number> {
  return new Promise((resolve, reject) => {
    lockDirectory(directory, (error, lock) => {
      if (lock === undefined) return reject(error)
      try {
        const code = act()
        lock.release(() => resolve(code))
      } catch (failure) {
        lock.release(() => reject(failure))
      }
    })
  })
}

function print(directory: string): number {
  const disk = new NodeDisk(directory)
  const journal = inspect(disk)
  const say = (line: string) => process.stdout.write(`${line}\n`)
  say(`format ${journal.version}, journal files of ${size(journal.fileSize)}, blocks of ${size(journal.blockSize)}`)
  let damaged = printJournal(journal, say)

  const { checkpoint, damage, segments } = inspectCheckpoint(disk)
  say('\ncheckpoint')
  if (checkpoint === null) say('  none: a start replays the whole journal')
  else
    say(
      `  number ${checkpoint.number}, ${size(checkpoint.size)}, whole; a start replays the journal from ${checkpoint.start} on`,
    )
  for (const one of damage) say(`  DAMAGED  ${one}`)
  damaged ||= damage.length > 0

  say('\nsegments')
  let count = 0
  for (const segment of inspectSegments(disk, new Set([...segments, ...journal.segments]))) {
    count++
    if (!segment.used) {
      say(`  ${segment.name}  ${size(segment.size)}, not in use: it was still being written, the next start removes it`)
      continue
    }
    say(
      `  ${segment.name}  ${size(segment.size)}, ${size(segment.bodies)} of messages  ${segment.damage === null ? 'whole' : `DAMAGED  ${segment.damage}`}`,
    )
    damaged ||= segment.damage !== null
  }
  if (count === 0) say('  none')
  return damaged ? 1 : 0
}

function printJournal(journal: Inspection, say: (line: string) => void): boolean {
  const { damage } = journal
  say('\njournal')
  for (const file of journal.files) say(`  ${file.name}  from ${file.position}, ${size(file.size)}`)
  say(`  ${journal.entries} entries in ${journal.frames} frames, every checksum right; epoch ${journal.epoch}`)
  if (journal.firstTime > 0) say(`  from ${iso(journal.firstTime)} to ${iso(journal.lastTime)}`)
  say(`  ends at ${journal.tail}; known to be on the disk up to ${journal.durable}`)
  say(
    journal.closedAt < 0
      ? '  not closed: a process has it, or ended without a goodbye'
      : `  closed in good order at ${journal.closedAt}`,
  )
  for (const [type, { count, bytes }] of journal.records)
    say(`  ${recordName(type).padEnd(12)} ${count} records, ${size(bytes)}`)
  if (journal.partialFrames > 0)
    say(`  ${journal.partialFrames} frames at the end belong to an entry that is not whole`)
  if (damage === null) return false
  const where = `${damage.file} at position ${damage.position}: ${damage.reason}`
  say(damage.kind === 'torn' ? `  torn tail, which nobody was promised: ${where}` : `  DAMAGED  ${where}`)
  return damage.kind === 'corrupt'
}

function recordName(type: number): string {
  const known = Object.entries(RecordType).find(([, value]) => value === type)
  return known?.[0] ?? (type === 250 ? 'moved' : `type ${type}`)
}

function iso(time: number): string {
  return new Date(time).toISOString()
}

function size(bytes: number): string {
  if (bytes < 10 * 1024) return `${bytes} B`
  return bytes < 10 * 2 ** 20 ? `${Math.round(bytes / 1024)} KiB` : `${Math.round(bytes / 2 ** 20)} MiB`
}

import type { Disk } from '../env/disk.ts'
import { CHECKPOINT_DIRECTORY } from './checkpoint-file.ts'
import type { Journal } from './journal.ts'
import { type JournalFiles, journalFileName } from './journal-files.ts'
import { type Segments, segmentName } from './segments.ts'

/** A file that stays as it is, for a while. */
export interface HeldFile {
  readonly path: string
  /** How much of it counts; Infinity for all of it. */
  readonly length: number
  /** It is never written again: another name for it is as good as a copy. A file of the journal is used again one day. */
  readonly final: boolean
  /** It may go, or be used again. */
  release(): void
}

/**
 * The files that make up the store as it is now, which a crash at this moment would leave: the newest checkpoint, the segments, and the journal up to
 * what has been written. They stay until each is released. The checkpoint, which is the first, does not wait for that: whoever wants it
 * takes it at once.
 */
export function holdFiles(disk: Disk, journal: Journal, files: JournalFiles, segments: Segments): HeldFile[] {
  const held: HeldFile[] = []
  const checkpoint = disk
    .list(CHECKPOINT_DIRECTORY)
    .filter((name) => name.endsWith('.checkpoint'))
    .at(-1)
  if (checkpoint !== undefined) {
    const path = `${CHECKPOINT_DIRECTORY}/${checkpoint}`
    held.push({ path, length: Number.POSITIVE_INFINITY, final: true, release: () => {} })
  }
  for (const file of files.all()) {
    const start = file.number * files.fileSize
    if (start >= journal.written) continue
    file.readers++
    const release = (): void => {
      file.readers--
      files.recycleBelow(0)
      // Who closes the store waits for the last of them.
      files.onPrepared()
    }
    const length = journal.written - start
    held.push({
      path: journalFileName(file.number),
      length: length < files.fileSize ? length : Number.POSITIVE_INFINITY,
      final: false,
      release,
    })
  }
  for (const segment of segments.all()) {
    segment.users++
    const release = (): void => {
      segment.users--
    }
    held.push({ path: segmentName(segment.number), length: Number.POSITIVE_INFINITY, final: true, release })
  }
  return held
}

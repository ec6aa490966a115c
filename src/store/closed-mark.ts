import type { Disk } from '../env/disk.ts'
import { writeWhole } from './format-version.ts'

const FILE = 'CLOSED'

/** Says that the journal ends at `tail` and nothing was being written any more. */
export function writeClosedMark(disk: Disk, tail: number): void {
  writeWhole(disk, FILE, `${tail}\n`)
}

/** Where the last process closed the journal; -1 if it did not get to it. */
export function readClosedMark(disk: Disk): number {
  if (!disk.exists(FILE)) return -1
  const file = disk.open(FILE, 'existing')
  const bytes = new Uint8Array(64)
  const text = Buffer.from(bytes.subarray(0, file.read(bytes, 0, bytes.length, 0))).toString('latin1')
  file.close()
  return /^\d+\n$/.test(text) ? Number(text) : -1
}

/** Before anything is appended: from now on the journal may end anywhere. */
export function removeClosedMark(disk: Disk): void {
  if (!disk.exists(FILE)) return
  disk.remove(FILE)
  disk.syncDirectory('')
}

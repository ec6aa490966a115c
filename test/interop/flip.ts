import { closeSync, openSync, readSync, writeSync } from 'node:fs'

/** So little of everything that a few thousand messages lie in the journal, behind and before a checkpoint, and in segments. */
export const SMALL_JOURNAL = [
  ...['--journal-file', '1MiB', '--journal-ring', '1MiB'],
  ...['--journal-files', '3', '--journal-checkpoint', '1MiB'],
]

/** Turns a bit of a file round. */
export function flip(path: string, at: number, bit: number): void {
  const file = openSync(path, 'r+')
  const byte = new Uint8Array(1)
  readSync(file, byte, 0, 1, at)
  byte[0]! ^= 1 << bit
  writeSync(file, byte, 0, 1, at)
  closeSync(file)
}

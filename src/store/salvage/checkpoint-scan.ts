import type { Disk } from '../../env/disk.ts'
import { getF64, getU32 } from '../../std/bytes.ts'
import {
  CHECKPOINT_DIRECTORY,
  CHECKPOINT_HEADER,
  checkpointHeaderIsWhole,
  checkpointName,
  OWN_PARTS,
  PART_HEADER,
  partIsWhole,
  TRAILER_PART,
} from '../checkpoint-file.ts'
import type { Damage } from './damage.ts'

/** Kinds of parts below are the broker's. */
const MOST_KINDS = 256

export interface CheckpointScan {
  readonly number: number
  /** Where the journal goes on; -1 if that cannot be read. */
  readonly start: number
  readonly epoch: number
  readonly parts: readonly { readonly kind: number; readonly bytes: Uint8Array }[]
  readonly damages: readonly Damage[]
}

/** The newest checkpoint of which anything can be read, part by part; null if there is none. */
export function scanCheckpoint(disk: Disk): CheckpointScan | null {
  const names = disk.list(CHECKPOINT_DIRECTORY).filter((name) => /^\d{12,}\.checkpoint$/.test(name))
  for (const number of names.map((name) => Number.parseInt(name, 10)).sort((a, b) => b - a)) {
    const scan = scanOne(disk, number)
    if (scan.parts.length > 0) return scan
  }
  return null
}

function scanOne(disk: Disk, number: number): CheckpointScan {
  const name = checkpointName(number)
  const file = disk.open(name, 'existing')
  const bytes = new Uint8Array(file.size())
  file.read(bytes, 0, bytes.length, 0)
  file.close()
  const damages: Damage[] = []
  const parts: { kind: number; bytes: Uint8Array }[] = []
  // The header's own checksum does not say which of its bytes are wrong: then the journal is replayed from its beginning.
  const headed = bytes.length >= CHECKPOINT_HEADER && checkpointHeaderIsWhole(bytes)
  if (!headed) damages.push({ file: name, at: 0, length: CHECKPOINT_HEADER, reason: 'a damaged header' })
  let gap = -1
  let ended = false
  const closeGap = (at: number) => {
    if (gap >= 0) damages.push({ file: name, at: gap, length: at - gap, reason: 'no whole part' })
    gap = -1
  }
  for (let at = CHECKPOINT_HEADER; at + PART_HEADER <= bytes.length && !ended; ) {
    const kind = getU32(bytes, at)
    const length = getU32(bytes, at + 4)
    const known = kind < MOST_KINDS || kind >= OWN_PARTS
    if (!known || at + PART_HEADER + length > bytes.length || !partIsWhole(bytes, at, length)) {
      if (gap < 0) gap = at
      at++
      continue
    }
    closeGap(at)
    if (kind === TRAILER_PART) ended = true
    else parts.push({ kind, bytes: bytes.slice(at + PART_HEADER, at + PART_HEADER + length) })
    at += PART_HEADER + length
  }
  if (!ended) closeGap(bytes.length)
  return {
    number,
    start: headed ? getF64(bytes, 16) : -1,
    epoch: headed ? getU32(bytes, 24) : 0,
    parts,
    damages,
  }
}

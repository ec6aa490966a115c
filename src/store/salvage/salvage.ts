import type { Disk } from '../../env/disk.ts'
import { getU32 } from '../../std/bytes.ts'
import { SEGMENTS_PART } from '../checkpoint.ts'
import { readClosedMark } from '../closed-mark.ts'
import type { Fold, Owner } from '../fold.ts'
import { JOURNAL, SEGMENT, SEGMENT_SPAN } from '../place.ts'
import { MOVED_RECORD, readMoved } from '../segment-directory.ts'
import { SEGMENT_DIRECTORY } from '../segments.ts'
import { scanCheckpoint } from './checkpoint-scan.ts'
import type { Damage } from './damage.ts'
import { eachRecord, MISSING, scanJournal } from './journal-scan.ts'
import { findShape } from './shape.ts'
import { Source, type Stored } from './source.ts'
import { Target } from './target.ts'

/** Entries of one index that are looked at in one go. */
const RUN = 4096

/** What of an entry's bytes is sound: `bytes[at, at + length)`, from then on the entry `sequence`. */
export interface Kept {
  readonly sequence: number
  readonly at: number
  readonly length: number
}

/** Who knows what the bytes mean. */
export interface SalvageState {
  readonly fold: Fold
  /** Some of the journal is missing before what comes next. */
  lost(damage: { readonly from: number; readonly to: number }): void
  /** A record makes no sense without what is missing. */
  senseless(type: number, position: number, error: Error): void
  /** What of an entry is kept: what is not is taken out of the index, and told. */
  keep(owner: Owner, sequence: number, place: number, stored: Stored | null): readonly Kept[]
}

export interface Salvaged {
  readonly damages: readonly Damage[]
  /** Something was written behind the end of the journal that nobody was promised, as far as can be told. */
  readonly torn: boolean
  readonly records: number
  readonly parts: number
  /** Bytes of bodies in the new directory. */
  readonly bytes: number
}

/**
 * Reads all that can be read in the data directory `from`, which stays as it is, and writes a new one to `to`: the state, as far as checkpoint and
 * journal tell it, and each body whose checksums are right.
 */
export function salvage(from: Disk, to: Disk, state: SalvageState): Salvaged {
  const damages: Damage[] = []
  const { fold } = state
  const shape = findShape(from, damages)
  const scan = scanJournal(from, shape, readClosedMark(from))
  const checkpoint = scanCheckpoint(from)
  damages.push(...(checkpoint?.damages ?? []))
  const start = Math.max(0, checkpoint?.start ?? 0)
  for (const damage of scan.damages) if (!isRecycled(damage, shape.fileSize, start)) damages.push(damage)

  for (const { kind, bytes } of checkpoint?.parts ?? []) {
    if (kind !== SEGMENTS_PART) attempt(state, kind, 0, () => fold.part(kind, bytes))
  }
  let records = 0
  eachRecord(
    from,
    shape,
    scan,
    start,
    (type, bytes, at, length, position, time) => {
      records++
      attempt(state, type, position, () => {
        if (type === MOVED_RECORD) move(fold, bytes, at)
        else fold.record(type, bytes, at, length, position, time)
      })
    },
    (lostFrom, lostTo) => state.lost({ from: lostFrom, to: lostTo }),
  )

  const source = new Source(from, shape, scan.whole, damages)
  const target = new Target(to, shape, nextSegment(from, checkpoint?.parts ?? []))
  for (const owner of fold.owners()) copyBodies(owner, source, target, state)
  source.close()
  // Where no file is a start begins a new one.
  const begin = Math.ceil((Math.max(scan.end, start) + 1) / shape.fileSize) * shape.fileSize
  target.finish(fold, (checkpoint?.number ?? 0) + 1, begin, Math.max(scan.epoch, checkpoint?.epoch ?? 0))
  const parts = checkpoint?.parts.length ?? 0
  return { damages, torn: scan.torn, records, parts, bytes: target.written }
}

function attempt(state: SalvageState, type: number, position: number, run: () => void): void {
  try {
    run()
  } catch (error) {
    state.senseless(type, position, error as Error)
  }
}

/** Files below the checkpoint's start may be in use again. */
function isRecycled({ reason, file, length }: Damage, fileSize: number, start: number): boolean {
  const from = Number.parseInt(file.slice(file.lastIndexOf('/') + 1), 10) * fileSize
  return reason === MISSING && from + length <= start
}

function move(fold: Fold, bytes: Uint8Array, at: number): void {
  const segment = getU32(bytes, at)
  readMoved(bytes, at, (id, sequence, offset, length) => {
    fold.owner(id)?.move(sequence, SEGMENT, segment * SEGMENT_SPAN + offset, length)
  })
}

/** Above all that there ever were. */
function nextSegment(disk: Disk, parts: readonly { kind: number; bytes: Uint8Array }[]): number {
  const table = parts.find(({ kind }) => kind === SEGMENTS_PART)
  let next = table === undefined ? 1 : getU32(table.bytes, 0)
  for (const name of disk.list(SEGMENT_DIRECTORY)) next = Math.max(next, Number.parseInt(name, 10) + 1)
  return next
}

function copyBodies(owner: Owner, source: Source, target: Target, state: SalvageState): void {
  for (const place of [SEGMENT, JOURNAL]) {
    for (let first = 0; first >= 0; ) {
      const entries: { sequence: number; position: number; length: number }[] = []
      first = owner.eachLive(place, 0, Number.POSITIVE_INFINITY, first, RUN, (sequence, position, length) =>
        entries.push({ sequence, position, length }),
      )
      for (const { sequence, position, length } of entries) {
        // What has been copied already is in a new segment.
        if (place === SEGMENT && target.isNew(position)) continue
        const stored = source.read(place, position, length)
        for (const kept of state.keep(owner, sequence, place, stored)) {
          const bytes = stored!.bytes.subarray(kept.at, kept.at + kept.length)
          const to = target.put(owner.id, kept.sequence, place, position + kept.at, bytes)
          owner.move(kept.sequence, SEGMENT, to, kept.length)
        }
      }
    }
  }
}

import type { Disk } from '../env/disk.ts'
import { checkBlocks } from './block-sums.ts'
import { SEGMENTS_PART } from './checkpoint.ts'
import { type Checkpoint, findCheckpoint, loadCheckpoint } from './checkpoint-file.ts'
import { StoreError } from './errors.ts'
import { readSegment, SEGMENT_BLOCK } from './segment.ts'
import { SEGMENT_DIRECTORY, segmentName, segmentsIn } from './segments.ts'

/** The checkpoint that a start would begin from, and what is wrong with newer ones. */
export interface CheckpointInspection {
  readonly checkpoint: Checkpoint | null
  readonly damage: readonly string[]
  /** The numbers of the segments it knows. */
  readonly segments: readonly number[]
}

export function inspectCheckpoint(disk: Disk): CheckpointInspection {
  const damage: string[] = []
  try {
    const checkpoint = findCheckpoint(
      disk,
      () => true,
      (error) => damage.push(error.message),
    )
    return { checkpoint, damage, segments: checkpoint === null ? [] : segmentsOf(disk, checkpoint) }
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
    return { checkpoint: null, damage: [...damage, error.message], segments: [] }
  }
}

function segmentsOf(disk: Disk, checkpoint: Checkpoint): number[] {
  const numbers: number[] = []
  loadCheckpoint(disk, checkpoint, (kind, bytes) => {
    if (kind === SEGMENTS_PART) for (const { number } of segmentsIn(bytes)) numbers.push(number)
  })
  return numbers
}

/** One segment file, every block of it checked. */
export interface SegmentInspection {
  readonly name: string
  readonly size: number
  /** Bytes of bodies. */
  readonly bodies: number
  /** False if nothing ever pointed to it: it was still being written when the process ended, and the next start removes it. */
  readonly used: boolean
  /** What is wrong with it, or null. */
  readonly damage: string | null
}

/** Checks the segments whose numbers are `known` from the checkpoint or from the journal. */
export function* inspectSegments(disk: Disk, known: ReadonlySet<number>): Generator<SegmentInspection> {
  for (const name of disk.list(SEGMENT_DIRECTORY)) {
    const number = Number.parseInt(name, 10)
    if (segmentName(number) === `${SEGMENT_DIRECTORY}/${name}`) yield inspectSegment(disk, number, known.has(number))
  }
}

function inspectSegment(disk: Disk, number: number, used: boolean): SegmentInspection {
  const name = segmentName(number)
  const file = disk.open(name, 'existing')
  const size = file.size()
  try {
    if (!used) return { name, size, bodies: 0, used, damage: null }
    const footer = readSegment(file, number)
    const window = new Uint8Array(16 * SEGMENT_BLOCK)
    for (let from = 0; from < footer.end; from += window.length) {
      const length = Math.min(window.length, footer.end - from)
      file.read(window, 0, length, from)
      const bad = checkBlocks(footer, window, 0, from, length, null)
      if (bad >= 0) return { name, size, bodies: footer.total, used, damage: `the block at byte ${bad} is damaged` }
    }
    return { name, size, bodies: footer.total, used, damage: null }
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
    return { name, size, bodies: 0, used, damage: error.message }
  } finally {
    file.close()
  }
}

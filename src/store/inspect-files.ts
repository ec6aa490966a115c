import type { Disk } from '../env/disk.ts'
import { type Checkpoint, findCheckpoint } from './checkpoint-file.ts'
import { StoreError } from './errors.ts'
import { checkBlocks, readSegment, SEGMENT_BLOCK } from './segment.ts'
import { SEGMENT_DIRECTORY, segmentName } from './segments.ts'

/** The checkpoint that a start would begin from, and what is wrong with newer ones. */
export interface CheckpointInspection {
  readonly checkpoint: Checkpoint | null
  readonly damage: readonly string[]
}

export function inspectCheckpoint(disk: Disk): CheckpointInspection {
  const damage: string[] = []
  try {
    const checkpoint = findCheckpoint(
      disk,
      () => true,
      (error) => damage.push(error.message),
    )
    return { checkpoint, damage }
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
    return { checkpoint: null, damage: [...damage, error.message] }
  }
}

/** One segment file, every block of it checked. */
export interface SegmentInspection {
  readonly name: string
  readonly size: number
  /** Bytes of bodies. */
  readonly bodies: number
  /** What is wrong with it, or null. */
  readonly damage: string | null
}

export function* inspectSegments(disk: Disk): Generator<SegmentInspection> {
  for (const name of disk.list(SEGMENT_DIRECTORY)) {
    const number = Number.parseInt(name, 10)
    if (segmentName(number) === `${SEGMENT_DIRECTORY}/${name}`) yield inspectSegment(disk, number)
  }
}

function inspectSegment(disk: Disk, number: number): SegmentInspection {
  const name = segmentName(number)
  const file = disk.open(name, 'existing')
  const size = file.size()
  try {
    const footer = readSegment(file, number)
    const window = new Uint8Array(16 * SEGMENT_BLOCK)
    for (let from = 0; from < footer.end; from += window.length) {
      const length = Math.min(window.length, footer.end - from)
      file.read(window, 0, length, from)
      const bad = checkBlocks(footer, window, 0, from, length)
      if (bad >= 0) return { name, size, bodies: footer.total, damage: `the block at byte ${bad} is damaged` }
    }
    return { name, size, bodies: footer.total, damage: null }
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
    return { name, size, bodies: 0, damage: error.message }
  } finally {
    file.close()
  }
}

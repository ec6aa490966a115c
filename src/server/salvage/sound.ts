import { BATCH_HEADER, baseOffset, batchSize, lastOffsetDelta, maxTimestamp } from '../../core/partition/batch.ts'
import { getU32 } from '../../std/bytes.ts'
import { crc32c } from '../../std/crc32c.ts'
import { FRAME_BODY, FRAME_END, FRAME_HEADER, FRAME_OVERHEAD, FRAME_PREFIX } from '../../wire/amqp/frame.ts'

/** A batch whose records are what was written. */
export interface SoundBatch {
  readonly at: number
  readonly length: number
  readonly base: number
  readonly last: number
  readonly latest: number
}

/** The batches in `bytes` that are sound and lie in the offsets `[from, to]`; they are looked for behind those that are not. */
export function soundBatches(bytes: Uint8Array, from: number, to: number): SoundBatch[] {
  const found: SoundBatch[] = []
  let next = from
  for (let at = 0; at + BATCH_HEADER <= bytes.length; ) {
    const batch = soundBatch(bytes, at, next, to)
    if (batch === null) at++
    else {
      found.push(batch)
      next = batch.last + 1
      at += batch.length
    }
  }
  return found
}

function soundBatch(bytes: Uint8Array, at: number, least: number, most: number): SoundBatch | null {
  if (bytes[at + 16] !== 2) return null
  const length = batchSize(bytes, at)
  if (length < BATCH_HEADER || at + length > bytes.length) return null
  const base = baseOffset(bytes, at)
  const last = base + lastOffsetDelta(bytes, at)
  if (base < least || last > most) return null
  if (crc32c(bytes, at + 21, at + length) !== getU32(bytes, at + 17)) return null
  return { at, length, base, last, latest: maxTimestamp(bytes, at) }
}

/** Whether a stored message looks like one: two short strings, a header frame, body frames. There is no checksum. */
export function looksLikeMessage(bytes: Uint8Array): boolean {
  let at = 1 + (bytes[0] ?? 255)
  at += 1 + (bytes[at] ?? 255)
  if (bytes[at++] !== FRAME_END) return false
  for (let type = FRAME_HEADER; at < bytes.length; type = FRAME_BODY) {
    if (bytes[at] !== type || at + FRAME_PREFIX > bytes.length) return false
    at += FRAME_OVERHEAD + getU32(bytes, at + 3)
    if (bytes[at - 1] !== FRAME_END) return false
  }
  return at === bytes.length
}

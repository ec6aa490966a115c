import type { Offsets } from '../../core/group/offsets.ts'
import { getF64, getI64, putF64, putI64 } from '../../std/bytes.ts'
import { VarintReader, VarintWriter } from '../../std/varint.ts'

/*
 * Committed offsets in the journal, or offsets that are gone. An empty topic name stands for that of the entry before.
 *
 *   ┌───────────────────┬──────────────┬───────┬──────────────────────────────────────────────────────────┐
 *   │ op u8             │ committed at │ group │ entries up to the end of the record:                     │
 *   │ 1 commit, 2 remove│ f64 ms       │ text  │ topic │ partition │ offset i64 │ leader epoch │ metadata │
 *   └───────────────────┴──────────────┴───────┴──────────────────────────────────────────────────────────┘
 *   After a removal's partition the next entry follows.
 */

export const COMMIT = 1
export const REMOVE = 2

/** Puts one record together. */
export class OffsetsWriter {
  private readonly writer = new VarintWriter()
  /** When what the record says was committed. */
  time = 0
  private topic = ''
  private start = 0

  begin(op: number, group: string, committedAt: number): void {
    this.time = committedAt
    this.writer.at = 0
    this.writer.room(9)
    this.writer.bytes[0] = op
    putF64(this.writer.bytes, 1, committedAt)
    this.writer.at = 9
    this.writer.text(group)
    this.start = this.writer.at
    this.topic = ''
  }

  private place(topic: string, partition: number): void {
    this.writer.text(topic === this.topic ? '' : topic)
    this.topic = topic
    this.writer.room(32)
    this.writer.number(partition)
  }

  commit(topic: string, partition: number, offset: number, leaderEpoch: number, metadata: string): void {
    this.place(topic, partition)
    putI64(this.writer.bytes, this.writer.at, offset)
    this.writer.at += 8
    this.writer.signed(leaderEpoch)
    this.writer.text(metadata)
  }

  remove(topic: string, partition: number): void {
    this.place(topic, partition)
  }

  get isEmpty(): boolean {
    return this.writer.at === this.start
  }

  get length(): number {
    return this.writer.at
  }

  /** The payload; good until the next `begin`. */
  payload(): Uint8Array {
    return this.writer.bytes.subarray(0, this.writer.at)
  }
}

/** Does to a group's offsets what a record says; `find` gives those of the group it names. */
export function applyOffsets(bytes: Uint8Array, at: number, length: number, find: (group: string) => Offsets): void {
  const op = bytes[at]
  const committedAt = getF64(bytes, at + 1)
  const reader = new VarintReader(bytes, at + 9)
  const offsets = find(reader.text())
  let topic = ''
  while (reader.at < at + length) {
    topic = reader.text() || topic
    const partition = reader.number()
    if (op === REMOVE) {
      offsets.remove(topic, partition)
      continue
    }
    const offset = getI64(bytes, reader.at)
    reader.at += 8
    const leaderEpoch = reader.signed()
    offsets.commit(topic, partition, offset, leaderEpoch, reader.text(), committedAt)
  }
}

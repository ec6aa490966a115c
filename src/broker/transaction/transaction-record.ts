import type { PendingOffset, TransactionFact, TransactionImage } from '../../core/transaction/transaction.ts'
import { VarintReader, VarintWriter } from '../../std/varint.ts'

/*
 * A fact about a transactional id, in the journal and in checkpoints. Whole numbers are varints, ± those that may be negative, texts have their length before them.
 *
 *   ┌────┬───┐
 *   │ id │ 0 │  forgotten
 *   └────┴───┘
 *   ┌────┬───┬────────────┬───────────┬────────┬────────────────┬──────────┬───────┬───────┬──────────────┬────────────┐
 *   │ id │ 1 │ producer ± │ its epoch │ last   │ producer id    │ time-out │ state │ bumps │ started at ± │ updated at │  image
 *   │    │   │            │ ±         │ epoch ±│ before ±       │ ms       │       │ 0, 1  │ ms           │ ms         │
 *   └────┴───┴────────────┴───────────┴────────┴────────────────┴──────────┴───────┴───────┴──────────────┴────────────┘
 *   ┌────┬───┬──────────────┬────────────┬───────┬────────────────┬───────┬─────────┐
 *   │ id │ 2 │ started at ± │ updated at │ count │ partition ids… │ count │ groups… │  touched
 *   └────┴───┴──────────────┴────────────┴───────┴────────────────┴───────┴─────────┘
 *   ┌────┬───┬───────┬──────────────┬───────┬──────────────────────────────────────────────────────────┐
 *   │ id │ 3 │ group │ committed at │ count │ (topic │ partition │ offset ± │ leader epoch ± │ metadata)… │  offsets
 *   └────┴───┴───────┴──────────────┴───────┴──────────────────────────────────────────────────────────┘
 */
const FORGET = 0
const IMAGE = 1
const TOUCH = 2
const OFFSETS = 3
const STATES = ['Empty', 'Ongoing', 'CompleteCommit', 'CompleteAbort'] as const
const IMAGE_NUMBERS = 9
const NUMBER = 9

const writer = new VarintWriter()

/** The record's payload; good until the next call. */
export function writeTransaction(id: string, fact: TransactionFact): Uint8Array {
  writer.at = 0
  writer.text(id)
  writer.room(NUMBER * (IMAGE_NUMBERS + 2))
  if (fact.op === 'forget') writer.number(FORGET)
  else if (fact.op === 'image') writeImage(fact.image)
  else if (fact.op === 'touch') writeTouch(fact)
  else writeOffsets(fact)
  return writer.bytes.subarray(0, writer.at)
}

function writeImage(image: TransactionImage): void {
  writer.number(IMAGE)
  writer.signed(image.producerId)
  writer.signed(image.producerEpoch)
  writer.signed(image.lastEpoch)
  writer.signed(image.previousId)
  writer.number(image.timeoutMs)
  writer.number(STATES.indexOf(image.state))
  writer.number(image.bumps ? 1 : 0)
  writer.signed(image.startedAt)
  writer.number(image.updatedAt)
}

function writeTouch(fact: TransactionFact & { op: 'touch' }): void {
  writer.number(TOUCH)
  writer.signed(fact.startedAt)
  writer.number(fact.updatedAt)
  writer.number(fact.partitions.length)
  writer.room(NUMBER * (fact.partitions.length + 1))
  for (const partition of fact.partitions) writer.number(partition)
  writer.number(fact.groups.length)
  for (const group of fact.groups) writer.text(group)
}

function writeOffsets(fact: TransactionFact & { op: 'offsets' }): void {
  writer.number(OFFSETS)
  writer.text(fact.group)
  writer.room(2 * NUMBER)
  writer.number(fact.committedAt)
  writer.number(fact.offsets.length)
  for (const { topic, partition, offset, leaderEpoch, metadata } of fact.offsets) {
    writer.text(topic)
    writer.room(3 * NUMBER)
    writer.number(partition)
    writer.signed(offset)
    writer.signed(leaderEpoch)
    writer.text(metadata)
  }
}

export function readTransaction(bytes: Uint8Array, at: number): { id: string; fact: TransactionFact } {
  const reader = new VarintReader(bytes, at)
  const id = reader.text()
  const op = reader.number()
  if (op === FORGET) return { id, fact: { op: 'forget' } }
  if (op === IMAGE) return { id, fact: { op: 'image', image: readImage(reader) } }
  return { id, fact: op === TOUCH ? readTouch(reader) : readOffsets(reader) }
}

function readImage(reader: VarintReader): TransactionImage {
  return {
    producerId: reader.signed(),
    producerEpoch: reader.signed(),
    lastEpoch: reader.signed(),
    previousId: reader.signed(),
    timeoutMs: reader.number(),
    state: STATES[reader.number()]!,
    bumps: reader.number() === 1,
    startedAt: reader.signed(),
    updatedAt: reader.number(),
  }
}

function readTouch(reader: VarintReader): TransactionFact {
  const startedAt = reader.signed()
  const updatedAt = reader.number()
  const partitions: number[] = []
  for (let count = reader.number(); count > 0; count--) partitions.push(reader.number())
  const groups: string[] = []
  for (let count = reader.number(); count > 0; count--) groups.push(reader.text())
  return { op: 'touch', startedAt, updatedAt, partitions, groups }
}

function readOffsets(reader: VarintReader): TransactionFact {
  const group = reader.text()
  const committedAt = reader.number()
  const offsets: PendingOffset[] = []
  for (let count = reader.number(); count > 0; count--) {
    const topic = reader.text()
    const partition = reader.number()
    const offset = reader.signed()
    const leaderEpoch = reader.signed()
    offsets.push({ topic, partition, offset, leaderEpoch, metadata: reader.text() })
  }
  return { op: 'offsets', group, committedAt, offsets }
}

/** Bytes of journal that an image or a fact of a few numbers takes at most. */
export function imageRoom(id: string): number {
  return 128 + 3 * id.length
}

/** Partitions, or offsets, that one record names: longer facts are told in several records of one entry. */
export const PER_RECORD = 100

/** Bytes of journal that touching these takes at most. */
export function touchRoom(id: string, partitions: number, groups: readonly string[]): number {
  let bytes = NUMBER * partitions + (1 + Math.ceil(partitions / PER_RECORD)) * imageRoom(id)
  for (const group of groups) bytes += NUMBER + 3 * group.length
  return bytes
}

/** Bytes of journal that these offsets take at most. */
export function pendingRoom(id: string, group: string, offsets: readonly PendingOffset[]): number {
  let bytes = (1 + Math.ceil(offsets.length / PER_RECORD)) * (imageRoom(id) + 3 * group.length)
  for (const { topic, metadata } of offsets) bytes += 5 * NUMBER + 3 * (topic.length + metadata.length)
  return bytes
}

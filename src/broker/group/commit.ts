import type { Group } from '../../core/group/classic.ts'
import type { Offsets } from '../../core/group/offsets.ts'
import { Record } from '../records.ts'
import type { Groups } from './groups.ts'
import { COMMIT, OffsetsWriter, REMOVE } from './offsets-record.ts'

/** A record is closed when it has become this long: any block takes it. */
const RECORD_BYTES = 2048

const writer = new OffsetsWriter()

/** Bytes of journal that an entry takes at most. */
export function entryRoom(topic: string, metadata: string): number {
  return 64 + 3 * (topic.length + metadata.length)
}

/** Bytes of journal that entries of `bytes` take at most, split into records as they may be. */
export function offsetsRoom(group: string, bytes: number): number {
  const head = 64 + 3 * group.length
  return bytes + head * (2 + Math.floor(bytes / RECORD_BYTES))
}

/** Commits offsets of one group, one after the other between `begin` and `end`; the room has been asked for. */
export class Commit {
  private readonly groups: Groups
  private group!: Group
  private time = 0
  private op = COMMIT

  constructor(groups: Groups) {
    this.groups = groups
  }

  begin(group: Group, op = COMMIT): void {
    this.group = group
    this.op = op
    this.time = this.groups.broker.env.clock.now()
    writer.begin(op, group.name, this.time)
  }

  add(topic: string, partition: number, offset: number, leaderEpoch: number, metadata: string): void {
    writer.commit(topic, partition, offset, leaderEpoch, metadata)
    this.group.offsets.commit(topic, partition, offset, leaderEpoch, metadata, this.time)
    if (writer.length > RECORD_BYTES) this.next()
  }

  remove(topic: string, partition: number): void {
    writer.remove(topic, partition)
    this.group.offsets.remove(topic, partition)
    if (writer.length > RECORD_BYTES) this.next()
  }

  private next(): void {
    this.flush()
    writer.begin(this.op, this.group.name, this.time)
  }

  private flush(): void {
    if (!writer.isEmpty) this.groups.append(this.group, Record.offsets, writer.payload())
  }

  end(): void {
    this.flush()
    this.groups.settle(this.group)
  }
}

/** Forgets some of a group's offsets; the room has been asked for. */
export function removeOffsets(
  groups: Groups,
  group: Group,
  list: readonly { topic: string; partition: number }[],
): void {
  const commit = new Commit(groups)
  commit.begin(group, REMOVE)
  for (const { topic, partition } of list) commit.remove(topic, partition)
  commit.end()
}

/** Bytes of journal that removing these takes at most. */
export function removalRoom(group: Group, list: readonly { topic: string }[]): number {
  let bytes = 0
  for (const { topic } of list) bytes += entryRoom(topic, '')
  return offsetsRoom(group.name, bytes)
}

/** A group's offsets as payloads of commit records, for a checkpoint. */
export function* offsetPayloads(group: string, offsets: Offsets, chunk: number): Generator<Uint8Array> {
  const slices = new OffsetsWriter()
  for (const [topic, partitions] of [...offsets.topics]) {
    for (const [partition, { offset, leaderEpoch, metadata, committedAt }] of [...partitions]) {
      // The time is the record's: entries with another time begin another one.
      if (slices.length === 0 || slices.time !== committedAt || slices.length > chunk) {
        if (slices.length > 0) yield slices.payload()
        slices.begin(COMMIT, group, committedAt)
      }
      slices.commit(topic, partition, offset, leaderEpoch, metadata)
    }
  }
  if (slices.length > 0) yield slices.payload()
}

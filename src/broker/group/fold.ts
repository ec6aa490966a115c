import type { ConsumerFact, ConsumerGroup } from '../../core/group/consumer/consumer-group.ts'
import { Part, Record } from '../records.ts'
import { registerShareFold } from '../share/fold.ts'
import { Shares } from '../share/shares.ts'
import type { Topics } from '../topic/topics.ts'
import { offsetPayloads } from './commit.ts'
import { readConsumerFact, writeConsumerFact } from './consumer-record.ts'
import { scheduleExpiry } from './expire.ts'
import { GroupConfigs } from './group-configs.ts'
import { readGroup, writeGroup } from './group-record.ts'
import type { Groups } from './groups.ts'
import { applyOffsets } from './offsets-record.ts'
import { GroupTopics } from './topics-view.ts'

/** Bytes of offsets in one part of a checkpoint, roughly. */
const CHUNK = 64 * 1024

/** Teaches the broker to rebuild its groups from the journal and the checkpoint. */
export function registerGroupFold(groups: Groups, topics: Topics): void {
  const { broker } = groups
  groups.topics = new GroupTopics(topics)
  groups.configs = new GroupConfigs(topics)
  groups.shares = new Shares(broker, topics, groups.configs, groups.topics)
  registerShareFold(groups.shares)
  const offsetsOf = (name: string) => groups.open(name).offsets
  const apply = (type: number, bytes: Uint8Array, at: number, length: number) => {
    if (type === Record.offsets) applyOffsets(bytes, at, length, offsetsOf)
    else if (type === Record.consumerGroup) {
      const { name, fact } = readConsumerFact(bytes, at)
      groups.open(name).applyConsumer(fact)
    } else {
      const { name, record } = readGroup(bytes, at)
      groups.open(name).apply(record)
    }
  }
  for (const type of [Record.group, Record.offsets, Record.consumerGroup]) {
    broker.applies.set(type, (bytes, at, length) => apply(type, bytes, at, length))
  }
  broker.parts.push({
    kind: Part.group,
    consistent: false,
    snapshot: () => snapshotGroups(groups),
    load: (bytes) => apply(bytes[0]!, bytes, 1, bytes.length - 1),
  })
  // Offsets of a topic go with it: the fact that it is gone says that of them as well.
  topics.onDeleted.push(({ name }, position) => groups.forgetTopic(name, position))
  broker.afterRecovery.push(() => {
    groups.restore()
    scheduleExpiry(groups)
  })
}

/** Each part is a record's type in one byte and its payload: of the group itself, and of runs of its offsets. */
function* snapshotGroups(groups: Groups): Generator<Uint8Array> {
  for (const group of [...groups.byName.values()]) {
    // Journalled since the checkpoint began is what was deleted meanwhile: nothing to be said about it.
    if (group.state === 'Dead') continue
    if (group.image !== null) yield part(Record.group, writeGroup(group.name, { image: group.image }))
    if (group.consumer !== null) {
      for (const fact of consumerFacts(group.consumer))
        yield part(Record.consumerGroup, writeConsumerFact(group.name, fact))
    }
    for (const payload of offsetPayloads(group.name, group.offsets, CHUNK)) yield part(Record.offsets, payload)
  }
}

/** All that is known of a group of the consumer protocol. */
function* consumerFacts({ epoch, targetEpoch, topicsHash, members }: ConsumerGroup): Generator<ConsumerFact> {
  yield { kind: 'group', epoch, targetEpoch, topicsHash }
  for (const [memberId, { subscription, target, current }] of [...members]) {
    yield { kind: 'member', subscription }
    yield { kind: 'target', memberId, assignment: target }
    yield { kind: 'current', memberId, current }
  }
}

function part(type: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(1 + payload.length)
  bytes[0] = type
  bytes.set(payload, 1)
  return bytes
}

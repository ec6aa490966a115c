import type { Partition } from '../../core/partition/partition.ts'
import type { Broker } from '../broker.ts'
import { dropQueue } from '../queue/delete.ts'
import type { Task } from '../turn.ts'
import type { Topic } from './topic.ts'
import { writeFact } from './topic-record.ts'
import type { Topics } from './topics.ts'

/** Index entries that one step lets go. */
const STEP = 4096

/** Deletes a topic at once, with the stream queue if it is one; the bytes of its batches are given up in steps. */
export function deleteTopic(topics: Topics, topic: Topic): void {
  const { stream } = topic
  const queue = stream === null ? undefined : topics.broker.vhosts.get(stream.vhost)?.queues.get(stream.queue)
  if (queue?.settings.type === 'stream') {
    // Its log goes with it.
    dropQueue(topics.broker, queue)
    return
  }
  const fact = { op: 'delete' as const, id: topic.id }
  topics.apply(fact, writeFact(topics.broker, fact))
  for (const partition of topic.partitions) {
    if (partition.index.count > 0) topics.broker.turn.start(dropEntries(topics.broker, partition, Number.MAX_VALUE))
  }
}

/** Lets go of the entries that lie wholly below `offset`, a bounded number at a time. */
export function dropEntries(broker: Broker, partition: Partition, offset: number): Task {
  const release = (place: number, position: number, length: number) => broker.store.release(place, position, length)
  return {
    step() {
      const before = partition.index.count
      partition.index.trimBefore(offset, STEP, release)
      return before - partition.index.count < STEP
    },
  }
}

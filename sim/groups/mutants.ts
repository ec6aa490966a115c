import { Record } from '../../src/broker/records.ts'
import { Shares } from '../../src/broker/share/shares.ts'
import { Window } from '../../src/core/delivery/window.ts'
import { ConsumerGroup } from '../../src/core/group/consumer/consumer-group.ts'
import { CRASHES, ignoreRecords, type Mutant, replace } from '../mutant.ts'

const CONSUMERS = {
  producers: 1,
  readers: 1,
  members: 0,
  consumerMembers: 3,
  shareMembers: 0,
  queues: 0,
  publishers: 0,
  consumers: 0,
}
const SHARERS = {
  producers: 2,
  readers: 1,
  members: 0,
  consumerMembers: 0,
  shareMembers: 3,
  queues: 0,
  publishers: 0,
  consumers: 0,
}

export const GROUP_MUTANTS: readonly Mutant[] = [
  {
    name: 'a partition is given away before it was given back',
    swarm: { ...CONSUMERS, partitions: 3 },
    plant() {
      replace(ConsumerGroup, 'ownerOf', () => () => undefined)
    },
  },
  {
    name: 'the consumer protocol is not journalled',
    swarm: { ...CRASHES, ...CONSUMERS, partitions: 3 },
    plant() {
      ignoreRecords(Record.consumerGroup)
    },
  },
  {
    name: 'what became of shared records is not journalled',
    swarm: { ...CRASHES, ...SHARERS },
    plant() {
      ignoreRecords(Record.shareState)
    },
  },
  {
    name: 'records are handed out again and again',
    swarm: SHARERS,
    plant() {
      replace(Shares, 'deliveryLimit', () => () => 250)
    },
  },
  {
    name: 'records that are out are handed out again',
    swarm: SHARERS,
    plant() {
      replace(
        Window,
        'acquire',
        (original) =>
          function (this: Window, ...args: Parameters<Window['acquire']>) {
            const count = Reflect.apply(original, this, args) as number
            const runs = args[6]
            // It forgets that it has handed out the last run.
            const run = runs[runs.length - 1]
            if (run !== undefined) this.apply({ ...run, state: 0, count: run.count - 1 })
            return count
          },
      )
    },
  },
]

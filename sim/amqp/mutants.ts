import { Confirms } from '../../src/amqp/confirms.ts'
import { Record } from '../../src/broker/records.ts'
import { Queue } from '../../src/core/queue/queue.ts'
import { Heap } from '../../src/std/heap.ts'
import { CRASHES, ignoreRecords, type Mutant, replace } from '../mutant.ts'

export const AMQP_MUTANTS: readonly Mutant[] = [
  {
    name: 'publishers are confirmed before the sync',
    swarm: { ...CRASHES, publishers: 3, queues: 2 },
    plant() {
      replace(
        Confirms,
        'note',
        (original) =>
          function (this: Confirms, upTo: number) {
            this.position = 0
            return Reflect.apply(original, this, [upTo])
          },
      )
    },
  },
  {
    name: 'settlements are not journalled',
    swarm: { ...CRASHES, publishers: 3, consumers: 3, queues: 2 },
    plant() {
      ignoreRecords(Record.settle)
    },
  },
  {
    name: 'what is requeued comes last',
    swarm: { publishers: 3, consumers: 4, queues: 3, producers: 0, readers: 0, members: 0 },
    plant() {
      const none = new Heap()
      replace(
        Queue,
        'peek',
        (original) =>
          function (this: { requeued: Heap }) {
            const { requeued } = this
            this.requeued = none
            const sequence = Reflect.apply(original, this as never, []) as number
            this.requeued = requeued
            return sequence >= 0 ? sequence : Reflect.apply(original, this as never, [])
          },
      )
    },
  },
  {
    name: 'a moved record points to where its bytes are not',
    swarm: { largest: 1000 },
    plant() {
      replace(
        Queue,
        'move',
        (original) =>
          function (this: Queue, sequence: number, place: number, position: number) {
            return Reflect.apply(original, this, [sequence, place, position + 8])
          },
      )
    },
  },
]

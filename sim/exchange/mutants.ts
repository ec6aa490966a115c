import { KeptMessages } from '../../src/broker/exchange/kept-messages.ts'
import { Record } from '../../src/broker/records.ts'
import { ConsistentHashBindings } from '../../src/core/exchange/consistent-hash.ts'
import { Router } from '../../src/core/exchange/router.ts'
import { CRASHES, ignoreRecords, type Mutant, replace, replaceFold } from '../mutant.ts'

/** Much that is delayed, and nothing of Kafka. */
const DELAYS = { publishers: 3, consumers: 3, queues: 2, producers: 0, readers: 0, members: 0, longestDelay: 2000 }

export const EXCHANGE_MUTANTS: readonly Mutant[] = [
  {
    name: 'delayed messages are forgotten by a restart',
    swarm: { ...CRASHES, ...DELAYS },
    plant() {
      ignoreRecords(Record.kept)
    },
  },
  {
    name: 'what was released or cancelled is delayed again after a restart',
    swarm: { ...CRASHES, ...DELAYS },
    plant() {
      ignoreRecords(Record.letGo)
    },
  },
  {
    name: 'a delayed message is released too early',
    swarm: DELAYS,
    plant() {
      replace(
        KeptMessages,
        'add',
        (original) =>
          function (this: KeptMessages, place: number, position: number, length: number, due: number) {
            return Reflect.apply(original, this, [place, position, length, due > 0 ? due - 5 : 0])
          },
      )
    },
  },
  {
    name: 'recovery takes the time of a delayed message from another',
    swarm: { ...CRASHES, ...DELAYS },
    plant() {
      let last: Uint8Array | null = null
      replaceFold((_, pass) => (type, bytes, at, length, ...rest) => {
        if (type !== Record.kept) return pass(type, bytes, at, length, ...rest)
        const changed = bytes.slice(at, at + length)
        if (last !== null) changed.set(last, 10)
        last = bytes.slice(at + 10, at + 18)
        return pass(type, changed, 0, length, ...rest)
      })
    },
  },
  {
    name: 'a moved delayed message points to where its bytes are not',
    swarm: { ...DELAYS, largest: 1000, longestDelay: 20_000 },
    plant() {
      replace(
        KeptMessages,
        'move',
        (original) =>
          function (this: KeptMessages, sequence: number, place: number, position: number) {
            return Reflect.apply(original, this, [sequence, place, position + 8])
          },
      )
    },
  },
  {
    name: 'a hashed message goes to two queues',
    swarm: DELAYS,
    plant() {
      replace(
        ConsistentHashBindings,
        'route',
        (original) =>
          function (this: ConsistentHashBindings, key: string, headers: unknown, out: unknown) {
            Reflect.apply(original, this, [key, headers, out])
            Reflect.apply(original, this, [`${key}!`, headers, out])
          },
      )
    },
  },
  {
    name: 'an alternate exchange is passed over',
    rare: true,
    swarm: DELAYS,
    plant() {
      replace(
        Router,
        'pass',
        (original) =>
          function (this: Router<never>, exchange: { alternate: string }, ...rest: never[]) {
            return Reflect.apply(original, this, [Object.create(exchange, { alternate: { value: '' } }), ...rest])
          },
      )
    },
  },
]

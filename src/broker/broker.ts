import { Parameters } from '../core/policy/parameters.ts'
import type { DeathReason, Queue } from '../core/queue/queue.ts'
import type { Clock } from '../env/clock.ts'
import type { Env } from '../env/env.ts'
import type { Arena } from '../std/arena.ts'
import type { Fold, Owner } from '../store/fold.ts'
import type { Store } from '../store/store.ts'
import { Access } from './access/access.ts'
import { AclStore } from './acl/acl-store.ts'
import { Connections } from './connections.ts'
import { Contracts } from './contract/contracts.ts'
import type { DefinitionSource } from './definition.ts'
import type { KeptMessages } from './exchange/kept-messages.ts'
import { FeatureStore } from './feature/feature-store.ts'
import { Memory } from './memory.ts'
import { OutputPool } from './output.ts'
import { QuotaStore } from './quota/quota-store.ts'
import type { StreamLogs } from './stream/stream-logs.ts'
import { SubjectStore } from './subject/subject-store.ts'
import { type Timer, Timers } from './timers.ts'
import { Turn } from './turn.ts'
import { PREDECLARED_IDS, VHost } from './vhost.ts'

/** What these take as objects, measured. */
const QUEUE_BYTES = 1800
const CONSUMER_BYTES = 650
const EXCHANGE_BYTES = 900
const BINDING_BYTES = 1100

/** What an operator may set; sizes in bytes, times in milliseconds. */
export interface BrokerOptions {
  /** Output regions of 64 KiB in the arena. */
  readonly outputRegions: number
  /** The largest message an AMQP publisher may send. */
  readonly maxMessageSize: number
  /** Bytes that may be held for clients before publishers have to wait. */
  readonly memory: number
  /** Users that may log in from this machine only; `guest` unless told otherwise. */
  readonly loopbackUsers?: readonly string[]
  /** Whether a message that failed too often in a queue without a dead-letter exchange is parked (which it is unless this is false), or dropped as by RabbitMQ. */
  readonly parking?: boolean
}

/** What an operator has to know of. */
export type BrokerEvent =
  /** A message cannot be read: it stays in its queue as unacked, and those behind it go on. */
  | {
      readonly kind: 'set-aside'
      readonly vhost: string
      readonly queue: string
      readonly sequence: number
      readonly file: string
      readonly reason: string
    }
  /** A delayed message cannot be read: it stays with its exchange, and those that are due after it go on. */
  | {
      readonly kind: 'delayed-set-aside'
      readonly vhost: string
      readonly exchange: string
      readonly sequence: number
      readonly file: string
      readonly reason: string
    }
  /** Records cannot be read: who asks for them gets an error. */
  | {
      readonly kind: 'unreadable-records'
      readonly topic: string
      readonly partition: number
      readonly offset: number
      readonly file: string
      readonly reason: string
    }
  /** A message or a record is not what its contract says; the counts are since the start. */
  | {
      readonly kind: 'broken-contract'
      readonly place: string
      readonly why: string
      readonly checked: number
      readonly warned: number
      readonly refused: number
      readonly buried: number
      readonly dropped: number
    }

/** Takes one kind of journal record; see `Fold.record`. */
export type ApplyRecord = (bytes: Uint8Array, at: number, length: number, position: number, time: number) => void

/** One noun's share in the checkpoint. */
export interface SnapshotPart {
  /** Taken in one go with the other consistent parts, at the checkpoint's start. */
  readonly consistent: boolean
  readonly kind: number
  snapshot(): Iterable<Uint8Array>
  load(bytes: Uint8Array): void
}

/** Holds all state, and joins core, store and turn. What can be done to it stands in the folders beside it, one file per verb. */
export class Broker {
  readonly env: Env
  readonly arena: Arena
  readonly options: BrokerOptions
  readonly timers: Timers
  /** For what is about this process and its connections, not about messages: the clock that nobody moves, and time-outs on it. */
  readonly live: Clock
  readonly liveTimers: Timers
  readonly outputs: OutputPool
  readonly memory: Memory
  /** Users, and what they may do. */
  readonly access: Access
  /** What Kafka's clients may do, where an authorizer asks. */
  readonly acls = new AclStore()
  /** What Kafka's clients may use. */
  readonly quotas = new QuotaStore()
  /** What Kafka's clients are told is switched on. */
  readonly features = new FeatureStore()
  /** What the schema registry holds. */
  readonly subjects = new SubjectStore()
  /** What messages have to be. */
  readonly contracts = new Contracts()
  readonly connections: Connections
  /** Runtime parameters, policies among them. */
  readonly parameters = new Parameters()
  /** The journal position of their newest change. */
  parametersChangedAt = 0
  /** Grows with every change to a policy. */
  policyEpoch = 0
  readonly vhosts = new Map<string, VHost>()
  /** Durable and transient queues by id: what journal records name. */
  readonly queuesById = new Map<number, Queue>()
  /** What exchanges keep, by the exchange's id. */
  readonly kept = new Map<number, KeptMessages>()
  /** All whose indexes point into the store, by id: the broker's queues, and what other nouns add. */
  readonly owners: ReadonlyMap<number, Owner>[] = [this.queuesById, this.kept]
  /** Queues with something to deliver, or somebody to deliver to, in this turn. */
  readonly wokenQueues: Queue[] = []
  /** Queues with settlements that are not in the journal yet. */
  readonly settledQueues: Queue[] = []
  /** Journal bytes that their settlements take at most: no longer free for anybody else. */
  settling = 0
  /** Queues with messages on their way to a dead-letter exchange. */
  dyingQueues: Queue[] = []
  /** Stored messages that queues refused, on their way to a dead-letter exchange. */
  turnedAway: { readonly queue: Queue; readonly stored: Uint8Array; readonly reason: DeathReason }[] = []
  /** What is kept by exchanges whose delayed messages are due. */
  readonly releasing: KeptMessages[] = []
  /** For queues whose front message will expire. */
  readonly expiryTimers = new Map<Queue, Timer>()
  /** For queues with `x-expires` that nobody uses. */
  readonly leases = new Map<Queue, Timer>()
  /** By record type. */
  readonly applies = new Map<number, ApplyRecord>()
  readonly parts: SnapshotPart[] = []
  /** What the journal's definition records are about. */
  readonly definitions: DefinitionSource[] = []
  /** Called after recovery, before the first command. */
  readonly afterRecovery: ((clean: boolean) => void)[] = []
  /** Tells the operator what went wrong with what is kept. */
  report: (event: BrokerEvent) => void = () => {}
  /** Partitions and offsets whose records were reported as unreadable. */
  readonly unreadable = new Set<string>()
  /** The logs of stream queues; null in a broker without topics. */
  streams: StreamLogs | null = null
  /** Set by `openBroker` before anything else happens. */
  store!: Store
  turn!: Turn
  /** The highest id of a queue, partition, exchange or binding; never used twice. */
  lastId = PREDECLARED_IDS
  private waiters: (() => void)[] = []

  constructor(env: Env, arena: Arena, options: BrokerOptions) {
    this.env = env
    this.arena = arena
    this.options = options
    this.timers = new Timers(env.clock)
    this.live = env.live ?? env.clock
    this.liveTimers = env.live === undefined ? this.timers : new Timers(env.live)
    this.outputs = new OutputPool(arena, options.outputRegions)
    this.memory = new Memory(options.memory, this.liveTimers, () => this.progressed())
    this.memory.holders.push(() => this.indexBytes())
    this.access = new Access(options.loopbackUsers ?? ['guest'])
    this.connections = new Connections((task) => this.turn.start(task))
    this.vhosts.set('/', new VHost('/'))
  }

  /** Takes the store that `open` makes with this broker as its fold. */
  attach(open: (fold: Fold) => Store): void {
    this.store = open(this.fold())
    this.turn = new Turn(this.env.clock, this.store)
  }

  /** Whether commands that keep `bytes` may be handled now. One that may not waits with `whenRoom`, its connection paused. */
  hasRoom(bytes: number): boolean {
    const { journal, spill } = this.store
    if (!this.memory.alarm && journal.room() >= bytes + this.settling && spill.room() >= bytes) return true
    if (journal.room() < bytes) journal.want(Math.min(bytes, journal.longest))
    if (spill.room() < bytes) spill.want(Math.min(bytes, spill.longest))
    return false
  }

  /** Whether the reserve that is kept for settlements and what goes with them still has `bytes`. */
  hasRoomForSettlement(bytes: number): boolean {
    return this.store.journal.roomForSettlement() >= bytes + this.settling && this.store.spill.room() >= bytes
  }

  /** Whether a definition of that size may be written now. Those that only take something away may use the reserve. */
  hasRoomForDefinition(bytes: number, takesAway: boolean): boolean {
    const { journal } = this.store
    if (this.memory.critical && !takesAway) return false
    if ((takesAway ? journal.roomForSettlement() : journal.room()) >= bytes + this.settling) return true
    journal.want(Math.min(bytes, journal.longest))
    return false
  }

  /** Calls `resume` once when the logs have got on: for who found no room. */
  whenRoom(resume: () => void): void {
    this.waiters.push(resume)
    this.turn.touch()
  }

  /** The logs got on. */
  readonly progressed = (): void => {
    this.turn.progressed()
    if (this.waiters.length === 0) return
    const waiters = this.waiters
    this.waiters = []
    for (const resume of waiters) resume()
  }

  /** The store is closed: nothing happens any more, in a process that goes on. */
  stop(): void {
    this.turn.stop()
    this.timers.stop()
    this.liveTimers.stop()
  }

  /** The queue is looked at when the turn ends: it has a message more, or a consumer that can take one. */
  wake(queue: Queue): void {
    if (queue.woken) return
    queue.woken = true
    this.wokenQueues.push(queue)
    this.turn.touch()
  }

  private indexBytes(): number {
    let sum = 0
    for (const queue of this.queuesById.values()) {
      sum += QUEUE_BYTES + queue.consumers.size * CONSUMER_BYTES + queue.bytes()
    }
    for (const { router } of this.vhosts.values()) {
      for (const { bindings } of router.exchanges.values()) sum += EXCHANGE_BYTES + bindings.size * BINDING_BYTES
    }
    return sum
  }

  /** Walks the maps as they are: a thousand queues more cost nothing before their turn comes. */
  private *eachOwner(): Generator<Owner> {
    for (const owners of this.owners) yield* owners.values()
  }

  /** Who rebuilds the state from what the store has: without a store, too. */
  fold(): Fold {
    return {
      part: (kind, bytes) => {
        for (const part of this.parts) if (part.kind === kind) part.load(bytes)
      },
      record: (type, bytes, at, length, position, time) => {
        const apply = this.applies.get(type)
        if (apply === undefined)
          throw new Error(`the journal holds a record of unknown type ${type}: it was written by a newer version`)
        apply(bytes, at, length, position, time)
      },
      snapshot: () => this.snapshot(),
      owners: () => this.eachOwner(),
      owner: (id) => {
        for (const owners of this.owners) if (owners.has(id)) return owners.get(id)
        return undefined
      },
    }
  }

  private *snapshot(): Generator<{ kind: number; bytes: Uint8Array; consistent: boolean }> {
    for (const consistent of [true, false]) {
      for (const part of this.parts) {
        if (part.consistent !== consistent) continue
        for (const bytes of part.snapshot()) yield { kind: part.kind, bytes, consistent }
      }
    }
  }
}

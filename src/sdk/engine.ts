import type { Clock } from './clock.ts'
import type { Logger } from './logger.ts'

/*
 * What the SDK runs on. An engine moves bytes and string headers; it knows nothing of contracts, retries, receipts, lanes or
 * handlers. Everything that can be the same everywhere lives above it. What holds for every engine:
 *
 * - A promise that resolves means stored as the engine promises it: a `send`, a `publish`, a `settle`, a `commit`.
 * - Nothing is lost, what is not settled comes again: after a lost connection, a crash, a stop.
 * - Effects come before what they are effects of. Where `features.atomic` says so they are one write with it; elsewhere they are stored
 *   first, and a crash in between lets the delivery come again, whose effects are then there twice.
 * - An engine reconnects by itself, with backoff. What waits for an answer then is sent again if it may be there twice without harm (sends),
 *   or rejects with a PosthornError that says whether trying again makes sense. Consumers and subscriptions go on by themselves.
 * - Callbacks (`onDelivery`, `onRecords` …) are called one after the other, never from inside a call to the engine, and do not throw.
 */

/**
 * What an engine does beyond what all do. Each value has a literal type in the engine's own `features`, so that a use of what is
 * missing does not compile; `connect` checks it again.
 */
export interface Features {
  /** Settling a delivery, its effects and its inbox key are one write: all or nothing. */
  readonly atomic: boolean
  /** The same for `Subscription.commit`. */
  readonly atomicTopics: boolean
  /** The engine has an inbox of its own. Elsewhere idempotent consumption needs one over the application's database. */
  readonly inbox: boolean
  /** A scheduled message can be taken back. */
  readonly cancel: boolean
  /** Messages of higher priority go first. */
  readonly priority: boolean
  /** A queue hands out messages of one key in the order in which they were sent. */
  readonly queueOrder: boolean
  /** Publishing tells the offset of a record, not only its partition. */
  readonly places: boolean
  /** A topic can keep the newest record of each key for good. */
  readonly compaction: boolean
}

/** Headers of a message: names in lower case. Those in `WELL_KNOWN` are carried where the wire has a place for them. */
export type Headers = Readonly<Record<string, string>>

/**
 * Headers that protocols have a place of their own for: an engine puts them there, and reads them from there, so that clients which
 * know nothing of Posthorn see what they expect.
 */
export const WELL_KNOWN = ['content-type', 'message-id', 'correlation-id', 'reply-to', 'type'] as const

/** A queue as it is declared. Declaring the same again changes nothing. */
export interface QueueSpec {
  readonly name: string
  /** Options of one engine for this queue, by the engine's name; others ignore them. */
  readonly native?: Readonly<Record<string, unknown>> | undefined
}

/** A topic as it is declared. One that is there already stays as it is; more partitions than it has are a `DECLARED_DIFFERENTLY`. */
export interface TopicSpec {
  readonly name: string
  readonly partitions: number
  /** Milliseconds; null leaves it to the broker. */
  readonly retentionMs: number | null
  /** Only the newest record of each key is kept for good. */
  readonly compact: boolean
  readonly native?: Readonly<Record<string, unknown>> | undefined
}

/** A message on its way to a queue, or to a reply address. */
export interface OutgoingMessage {
  readonly to: 'queue' | 'reply'
  /** The queue's name, or an address that `Engine.openReplies` gave (perhaps to another process). */
  readonly address: string
  readonly body: Uint8Array
  readonly headers: Headers
  /** Messages of one key keep their order, where `features.queueOrder`. */
  readonly key: string | null
  /** The instant (milliseconds since 1970) before which nobody gets it; null: at once. */
  readonly notBefore: number | null
  /** The instant after which nobody gets it any more; null: never. It is then gone, and no dead letter. */
  readonly expiresAt: number | null
  /** 0 to 9, 4 unless asked for; higher goes first. */
  readonly priority: number
}

/** A record on its way to a topic. */
export interface OutgoingRecord {
  readonly topic: string
  /** Records of one key are in one partition (murmur2, as Kafka's clients do it); null: in any. */
  readonly key: string | null
  /** Null: the key has no value any more (a tombstone). */
  readonly body: Uint8Array | null
  readonly headers: Headers
  /** Null: by the key. */
  readonly partition: number | null
  /** Milliseconds since 1970. */
  readonly timestamp: number
}

/** Where a record is. */
export interface RecordPlace {
  readonly partition: number
  /** -1 where nobody knows: what `publish` tells unless `features.places`. */
  readonly offset: number
}

/** What publishing tells of a record's place on an engine of these features. */
export type PublishedPlace<F extends Features> = F['places'] extends false ? Omit<RecordPlace, 'offset'> : RecordPlace

/** The key of something that was handled, remembered until `until` (milliseconds since 1970). */
export interface InboxKey {
  readonly consumer: string
  readonly key: string
  readonly until: number
}

/** What leaves together with a settlement or a commit. */
export interface Effects {
  readonly messages: readonly OutgoingMessage[]
  readonly records: readonly OutgoingRecord[]
  /** Only where `features.inbox`. */
  readonly inbox: InboxKey | null
}

export const NO_EFFECTS: Effects = { messages: [], records: [], inbox: null }

/** Nothing leaves. */
export function leavesNothing({ messages, records }: Effects): boolean {
  return messages.length === 0 && records.length === 0
}

/** What becomes of a delivery. */
export type Settlement =
  /** It is handled. */
  | { readonly kind: 'ack'; readonly effects: Effects }
  /**
   * It comes again, not before `delayMs` from now, with `headers` written over its own. Neither the queue nor those behind it wait for it. May be a new
   * message with the same id, key, body and headers.
   */
  | { readonly kind: 'retry'; readonly delayMs: number; readonly headers: Headers; readonly effects: Effects }
  /** It becomes an entry of the queue's dead letters, with `headers` written over its own. */
  | { readonly kind: 'dead-letter'; readonly headers: Headers; readonly effects: Effects }
  /** It goes back as it came, at its old place where the engine can: nobody has looked at it. */
  | { readonly kind: 'release' }

/** One hand-out of a message. It is the consumer's until it is settled, or lost with its connection. */
export interface Delivery {
  readonly queue: string
  readonly body: Uint8Array
  readonly headers: Headers
  readonly key: string | null
  /** How often it was handed out before and came back without being settled, as far as the engine counts that; 0 if it does not. */
  readonly redeliveries: number
  /** When it was sent, in milliseconds since 1970; null if nobody said. */
  readonly sentAt: number | null
  /**
   * Settles it, once. Resolves when that is stored; returns nothing where no more than that can be known. Deliveries that are stored together may have one
   * promise.
   * @throws PosthornError (or rejects with it) `DELIVERY_LOST` if it went back meanwhile: it comes, or came, again
   */
  settle(settlement: Settlement): Promise<void> | void
  /** The consumer still has it, and handles it or will: called every third of `Consumption.leaseMs`. */
  renew(): Promise<void>
}

export interface ConsumeOptions {
  /** Deliveries that may be unsettled at a time. */
  readonly prefetch: number
  /** Called for each delivery, in the order in which they come. */
  readonly onDelivery: (delivery: Delivery) => void
  /** The engine can't go on (the queue is gone, access is refused …): nothing more comes. */
  readonly onEnd: (error: Error) => void
}

/** A consumer of a queue. */
export interface Consumption {
  /** How long a delivery stays the consumer's without being renewed, in milliseconds; null: as long as it is there. */
  readonly leaseMs: number | null
  /** No more deliveries, once it resolves. Those that are out may still be settled. */
  stop(): Promise<void>
  /** Gives back what is not settled. */
  close(): Promise<void>
}

/** A record as a subscriber gets it. */
export interface IncomingRecord {
  readonly offset: number
  readonly key: string | null
  readonly body: Uint8Array | null
  readonly headers: Headers
  readonly timestamp: number
}

/** Where to read from. */
export type StartPoint =
  | { readonly kind: 'earliest' }
  | { readonly kind: 'latest' }
  /** The first record whose timestamp (milliseconds since 1970) is that or later, in every partition. */
  | { readonly kind: 'time'; readonly time: number }
  /** An offset in one partition; the others stay where they are, or begin with the latest. */
  | { readonly kind: 'offset'; readonly partition: number; readonly offset: number }

export interface SubscribeOptions {
  /** The group whose progress is kept; null: an ephemeral subscription, for which nothing is kept. */
  readonly group: string | null
  /** Where a group begins that has no progress yet in a partition, and where an ephemeral subscription begins. */
  readonly from: StartPoint
  /** Records of one partition in the order of their offsets, each once until the partition is revoked or sought. At most a few hundred at a time. */
  readonly onRecords: (partition: number, records: readonly IncomingRecord[]) => void
  /** The subscription is to read these partitions from now on; called before their first records. */
  readonly onAssigned: (partitions: readonly number[]) => void
  /**
   * It will read these no more. The engine waits for the promise (not longer than its protocol allows) before others get them, so that progress can be
   * committed; a commit after that is dropped. `lost`: others have them already, and nothing of them can be committed.
   */
  readonly onRevoked: (partitions: readonly number[], lost?: boolean) => Promise<void>
  readonly onEnd: (error: Error) => void
}

/** The next offset to read in a partition: everything below is done. */
export interface Progress {
  readonly partition: number
  readonly offset: number
  /** Offsets above that are done, too; an engine with `atomicTopics` does not hand them out again to who goes on from here. */
  readonly done: readonly number[]
}

export interface PartitionLag {
  readonly partition: number
  /** The next offset that the group (or the ephemeral subscription) would read. */
  readonly offset: number
  /** One above the last offset that can be read. */
  readonly end: number
}

/** A subscription to a topic. */
export interface Subscription {
  /**
   * Keeps the progress, and stores the effects before or with it. Progress in a partition that is no longer assigned is dropped, its effects are not. Without a
   * group there are effects only. The progress names each partition that the effects come from.
   * @throws PosthornError `DELIVERY_LOST`, where `features.atomicTopics`, if a partition is no longer assigned: nothing is stored
   */
  commit(progress: readonly Progress[], effects: Effects): Promise<void>
  /**
   * Reads the partitions that are assigned now from another place, and commits that place. The caller has paused them; once it resolves everything
   * that comes is from the new place.
   */
  seek(to: StartPoint): Promise<void>
  /** Of the partitions that are assigned now. */
  lag(): Promise<readonly PartitionLag[]>
  /** Nothing comes from these until `resume`, from the moment of the call on. What was fetched already waits in the engine. */
  pause(partitions: readonly number[]): void
  resume(partitions: readonly number[]): void
  /** No more records, once it resolves. Progress may still be committed. */
  stop(): Promise<void>
  /** Leaves the group. */
  close(): Promise<void>
}

/** A message that could not be handled, where it is kept. */
export interface DeadLetterEntry {
  /** Names the entry among the dead letters of its queue, for good. */
  readonly id: string
  readonly body: Uint8Array
  readonly headers: Headers
  readonly key: string | null
  /** When it became one, in milliseconds since 1970. */
  readonly at: number | null
}

/** The dead letters of queues. A queue has them as soon as it is declared. */
export interface DeadLetterStore {
  count(queue: string): Promise<number>
  /** Entries behind `after` (null: from the oldest) in the order in which they came, `limit` at most. Looking changes neither order nor counts. */
  browse(queue: string, after: string | null, limit: number): Promise<readonly DeadLetterEntry[]>
  /** Null if there is none of that id (any more). */
  read(queue: string, id: string): Promise<DeadLetterEntry | null>
  /**
   * Takes an entry out and sends `message` in its place (null: nothing), in one write where `features.atomic`, else sent first. False, and nothing is
   * sent, if the entry is gone.
   */
  take(queue: string, id: string, message: OutgoingMessage | null): Promise<boolean>
}

/** Keys of what was handled: an inbox of the engine's own. */
export interface EngineInbox {
  /**
   * True if the key is new: it is the caller's until it is part of a settlement's effects, or given up. False if it was handled before. Waits
   * while somebody else has it.
   */
  claim(consumer: string, key: string): Promise<boolean>
  giveUp(consumer: string, key: string): void
}

/** Where this process gets answers. */
export interface Replies {
  /** Goes into the header `reply-to`; others send there with `to: 'reply'`. Good as long as the engine is open. */
  readonly address: string
}

export interface Reply {
  readonly body: Uint8Array
  readonly headers: Headers
}

/** One broker, one connection (or as many as the engine wants). */
export interface Engine {
  /** As in `native` options and documentation: 'embedded', 'rabbitmq', 'kafka' … */
  readonly name: string
  readonly features: Features
  /** What delays and time-outs are measured with; the machine's clock unless the engine has another. */
  readonly clock: Clock
  /** Null unless `features.inbox`. */
  readonly inbox: EngineInbox | null
  readonly deadLetters: DeadLetterStore
  declareQueue(spec: QueueSpec): Promise<void>
  declareTopic(spec: TopicSpec): Promise<void>
  /**
   * Sends messages, in order. Resolves when all are stored, with a handle for each that has a `notBefore` (null where `features.cancel` is false, and for
   * the others). Waits while the broker takes no more: that is the sender's back-pressure. A reply whose address is gone is dropped.
   * @throws PosthornError if one is not stored; the others may be
   */
  send(messages: readonly OutgoingMessage[]): Promise<readonly (string | null)[]>
  /** Takes a scheduled message back; false if it is too late. Only where `features.cancel`. */
  cancel(handle: string): Promise<boolean>
  consume(queue: string, options: ConsumeOptions): Promise<Consumption>
  publish(records: readonly OutgoingRecord[]): Promise<readonly RecordPlace[]>
  subscribe(topic: string, options: SubscribeOptions): Promise<Subscription>
  /** Called once at most; all answers come to `onReply`. */
  openReplies(onReply: (reply: Reply) => void): Promise<Replies>
  /** Closes what is still open. Resolves when nothing of the engine keeps the process alive any more. */
  close(): Promise<void>
}

/** What an engine is opened with. */
export interface EngineContext {
  /** Told of reconnections and of what the engine had to give up. */
  readonly log: Logger
  /** Options of this engine from `connect`, as they are. */
  readonly options: Readonly<Record<string, unknown>>
}

/** What a module with an engine exports. */
export type OpenEngine = (url: string, context: EngineContext) => Promise<Engine>

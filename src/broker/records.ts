/**
 * The kinds of records in the journal: durable facts, each of which says where it belongs, so that applying one twice is
 * applying it once. Types from 200 on are the store's own.
 */
export const Record = {
  /** A message and the places it takes in durable queues: broker/queue/message-record.ts. */
  message: 1,
  /** Ranges of sequences that left a queue: broker/queue/range-record.ts. */
  settle: 2,
  /** Something was declared, bound, altered or deleted: JSON. */
  definition: 3,
  /** A record batch at the end of a partition. */
  batch: 4,
  /** A partition's log start offset moved. */
  logStart: 5,
  /** Committed offsets of a group. */
  offsets: 6,
  /** A group's generation, members and assignment. */
  group: 7,
  /** Producer ids were given out up to here. */
  producerIds: 8,
  /** Something happened to a topic: JSON; broker/topic/topic-record.ts. */
  topic: 9,
  /** Ranges of sequences that a quorum queue handed out for the first time: broker/queue/range-record.ts. */
  handed: 10,
  /** How often messages of a quorum queue were handed out, and how they stand: broker/queue/counted-record.ts. */
  counted: 11,
  /** A message that an exchange keeps, delayed or remembered: broker/exchange/kept-record.ts. */
  kept: 13,
  /** Ranges of sequences that an exchange keeps no more: broker/exchange/kept-record.ts. */
  letGo: 14,
  /** Something happened to a transactional id: broker/transaction/transaction-record.ts. */
  transaction: 20,
  /** A fact about a group of the consumer protocol. */
  consumerGroup: 25,
  /** A run of a compacted partition's batches, without what is out of date: broker/topic/compaction/rewrite.ts. */
  rewrite: 35,
  /** A compacted partition is clean up to here. */
  cleaned: 36,
  /** Settings that a client gave to the broker, to client metrics or to a group: JSON. */
  configs: 37,
  /** A fact about the members of a share group. */
  shareGroup: 26,
  /** How far a share group has come in a partition. */
  shareState: 27,
  /** Something happened to a subject of the schema registry: JSON; core/subject/fact.ts. */
  subject: 50,
} as const

/** The kinds of parts in a checkpoint. */
export const Part = {
  definitions: 1,
  /** Exchanges, queues and bindings, in slices. */
  topology: 15,
  queue: 2,
  partition: 3,
  group: 4,
  topics: 5,
  kept: 7,
  transactions: 10,
  /** Where partitions' segments begin and how far they are clean, or what `Record.configs` tells. */
  upkeep: 13,
  shareGroup: 11,
  subjects: 50,
} as const

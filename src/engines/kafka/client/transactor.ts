import { Backoff, pause } from './backoff.ts'
import type { ArgumentsOf, Cluster, Lane } from './cluster.ts'
import { failureOf, isUnanswered, passes } from './errors.ts'
import type { Apis } from './library.ts'
import { type Committed, commitTopics, type Member } from './offsets.ts'
import { type Placed, produce, type Writer } from './produce.ts'
import { type Outgoing, sizeOf } from './records.ts'

/** After so long the broker ends a transaction whose writer is gone; readers wait until then. */
const TIMEOUT_MS = 15_000
/** While the transaction before is still being ended. */
const STILL_ENDING_MS = 2

/** Bytes of one request; a larger record goes by itself. */
const MOST_BYTES = 512 * 1024

/** What one transaction does. */
export interface Transaction {
  readonly records: readonly Outgoing[]
  /** Progress of a group that is kept with it; null: none. */
  readonly progress: { readonly member: Member; readonly commits: readonly Committed[] } | null
}

/** Writes records, and the progress of a group, all or nothing: one transaction at a time. */
export class Transactor {
  private readonly cluster: Cluster
  private readonly lane: Lane
  private readonly id: string
  private writer: Writer | null = null
  private opening: Promise<void> = Promise.resolve()

  constructor(cluster: Cluster, lane: Lane, id: string) {
    this.cluster = cluster
    this.lane = lane
    this.id = id
  }

  /** Becomes the only one who writes under this id: a transaction that another one has open is undone, and that one can't end it. */
  async begin(): Promise<void> {
    this.writer = null
    await this.open()
  }

  /**
   * One attempt. When it throws nothing is stored.
   * @throws what the broker answered; an error that passes may be tried again
   */
  async run({ records, progress }: Transaction): Promise<Placed[]> {
    await this.opening
    try {
      const writer = this.writer ?? (await this.open())
      const [placed] = await Promise.all([
        this.write(writer, records),
        progress === null ? null : this.writeProgress(writer, progress),
      ])
      await this.end(writer)
      return placed
    } catch (error) {
      // Beginning anew undoes what is open: readers need not wait until its time is over.
      this.writer = null
      this.opening = this.open().then(
        () => {},
        () => {},
      )
      throw error
    }
  }

  private async open(): Promise<Writer> {
    const { id } = this
    const { producerId, producerEpoch } = await this.retrying(() =>
      this.cluster.atCoordinator(this.lane, 'transaction', id, 'initProducerId', id, TIMEOUT_MS, -1n, -1),
    )
    this.writer = { producerId, epoch: producerEpoch, transactionalId: id, sequences: new Map() }
    return this.writer
  }

  private async write(writer: Writer, records: readonly Outgoing[]): Promise<Placed[]> {
    if (records.length === 0) return []
    const topics = new Map<string, Set<number>>()
    for (const { topic, partition } of records) {
      const partitions = topics.get(topic) ?? new Set()
      topics.set(topic, partitions.add(partition))
    }
    const asked = [...topics].map(([name, partitions]) => ({ name, partitions: [...partitions] }))
    const { producerId, epoch: producerEpoch } = writer
    const transaction = { transactionalId: this.id, producerId, producerEpoch, verifyOnly: false, topics: asked }
    await this.retrying(() => this.atCoordinator('addPartitionsToTxn', [transaction]))
    const all: Placed[] = []
    while (all.length < records.length) {
      const indexes = chunk(records, all.length)
      const { placed, error } = await produce(this.cluster, this.lane, writer, records, indexes)
      if (error !== null) throw error
      for (const index of indexes) all.push(placed.get(index)!)
    }
    return all
  }

  private async writeProgress(
    { producerId, epoch }: Writer,
    { member, commits }: NonNullable<Transaction['progress']>,
  ): Promise<void> {
    await this.retrying(() => this.atCoordinator('addOffsetsToTxn', this.id, producerId, epoch, member.group))
    await this.retrying(() =>
      this.cluster.atCoordinator(
        this.lane,
        'group',
        member.group,
        'txnOffsetCommit',
        this.id,
        member.group,
        producerId,
        epoch,
        member.epoch,
        member.id,
        null,
        commitTopics(commits),
      ),
    )
  }

  /** Asks until there is an answer: only the broker knows whether it has ended. */
  private async end({ producerId, epoch }: Writer): Promise<void> {
    const backoff = new Backoff()
    for (;;) {
      try {
        await this.atCoordinator('endTxn', this.id, producerId, epoch, true)
        return
      } catch (error) {
        if (this.cluster.closed || (!isUnanswered(error) && !passes(error))) throw error
      }
      await backoff.pause()
    }
  }

  private atCoordinator<Name extends 'addPartitionsToTxn' | 'addOffsetsToTxn' | 'endTxn'>(
    name: Name,
    ...args: ArgumentsOf<Apis[Name]>
  ) {
    return this.cluster.atCoordinator(this.lane, 'transaction', this.id, name, ...args)
  }

  /** What passes in a moment. */
  private async retrying<T>(attempt: () => Promise<T>): Promise<T> {
    const until = Date.now() + TIMEOUT_MS
    const backoff = new Backoff()
    for (;;) {
      try {
        return await attempt()
      } catch (error) {
        if (this.cluster.closed || !passes(error) || Date.now() > until) throw error
        const { codes } = failureOf(error)
        // Whoever planned it looks again where the records go.
        if (codes.has('UNKNOWN_TOPIC_OR_PARTITION')) throw error
        if (codes.has('CONCURRENT_TRANSACTIONS')) await pause(STILL_ENDING_MS)
        else await backoff.pause()
      }
    }
  }
}

/** The records from `from` on that go in one request. */
function chunk(records: readonly Outgoing[], from: number): number[] {
  const indexes: number[] = []
  let bytes = 0
  for (let index = from; index < records.length; index++) {
    bytes += sizeOf(records[index]!)
    if (indexes.length > 0 && bytes > MOST_BYTES) break
    indexes.push(index)
  }
  return indexes
}

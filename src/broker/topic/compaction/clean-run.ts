import type { BatchResults, BatchTask } from '../../../core/partition/batch-work.ts'
import type { Aborted } from '../../../core/partition/cleaner.ts'
import type { Partition } from '../../../core/partition/partition.ts'
import type { Topic } from '../topic.ts'
import type { Topics } from '../topics.ts'
import { reportUnreadable } from '../unreadable.ts'
import { workOn } from '../work.ts'
import { type Chunk, ChunkReader } from './chunk-reader.ts'
import { noteCleaned } from './clean-point.ts'
import { rewriteRun } from './rewrite.ts'

/** What came of a cleaning. Nothing comes of one that finds nothing to do; one that has failed would fail again. */
export type CleanOutcome = 'cleaned' | 'nothing' | 'failed'

/**
 * One cleaning of one partition: reads what is dirty and has its keys mapped, then goes over the log from its start and puts what is left of
 * each run in its place. One run is worked on at a time, off the loop. Each run that is written is a step of its own: a later record of
 * each key is there before and after it, so that a crash, or giving up, between two of them does no harm.
 */
export class CleanRun {
  /** Bytes that were gone over. */
  read = 0
  private readonly topics: Topics
  private readonly topic: Topic
  private readonly partition: Partition
  private readonly memory: number
  private readonly done: (outcome: CleanOutcome) => void
  /** Where the map ends: nothing from here on is touched. */
  private end: number
  private readonly aborted: readonly Aborted[]
  private readonly reader: ChunkReader
  private mapped = false

  constructor(
    topics: Topics,
    topic: Topic,
    partition: Partition,
    end: number,
    memory: number,
    done: (outcome: CleanOutcome) => void,
  ) {
    this.topics = topics
    this.topic = topic
    this.partition = partition
    this.end = end
    this.memory = memory
    this.done = done
    this.aborted = partition.transactions?.abortedRanges(partition.logStartOffset, end) ?? []
    this.reader = new ChunkReader(topics, partition)
  }

  start(from: number): void {
    this.work({ kind: 'clean', memory: this.memory }, () => this.map(from))
  }

  private map(from: number): void {
    this.take(from, (chunk) => {
      if (chunk === null) {
        // Tidying may have joined all of it with what lies behind the end.
        if (this.mapped) this.filter(this.partition.logStartOffset)
        else this.finish('nothing')
        return
      }
      this.mapped = true
      this.work({ kind: 'map', bytes: chunk.bytes, aborted: this.aborted }, ({ end, full }) => {
        if (!full) {
          this.map(chunk.to)
          return
        }
        // As far as the map goes; the rest has its turn next time.
        this.end = Math.max(end, chunk.from)
        if (this.end > from) this.filter(this.partition.logStartOffset)
        else this.finish('nothing')
      })
    })
  }

  private filter(from: number): void {
    this.take(from, (chunk) => {
      if (chunk === null) {
        if (!this.partition.deleted) noteCleaned(this.topics, this.partition, this.borderBelow(this.end))
        this.finish('cleaned')
        return
      }
      this.read += chunk.bytes.length
      const { deleteRetentionMs } = this.topic.settings
      const time = { now: this.topics.broker.env.clock.now(), deleteRetentionMs }
      this.work({ kind: 'filter', bytes: chunk.bytes, aborted: this.aborted, time }, (left) => {
        if (left === null) this.filter(chunk.to)
        else this.put(chunk, left)
      })
    })
  }

  private put(chunk: Chunk, left: Uint8Array): void {
    const { topics, partition } = this
    if (partition.deleted) {
      this.finish('nothing')
      return
    }
    const rewritten = rewriteRun(topics, partition, chunk.from, chunk.to, left)
    if (rewritten === 'no-room') {
      topics.broker.whenRoom(() => this.put(chunk, left))
      return
    }
    // What has been joined with its neighbours meanwhile is read again with them.
    this.filter(rewritten === 'moved' ? this.borderBelow(chunk.from) : chunk.to)
  }

  private borderBelow(offset: number): number {
    const { index } = this.partition
    const entry = index.find(offset)
    return entry === -1 ? offset : Math.min(offset, index.baseOffset(entry))
  }

  private take(from: number, then: (chunk: Chunk | null) => void): void {
    this.reader.take(from, this.end, (error, chunk) => {
      if (error !== null) this.fail(from, error)
      else then(chunk)
    })
  }

  private work<T extends BatchTask>(task: T, then: (result: BatchResults[T['kind']]) => void): void {
    workOn(this.topics.broker.env.compute, task, (error, result) => {
      if (error !== null) this.fail(this.partition.logStartOffset, error)
      else then(result)
    })
  }

  private fail(from: number, error: Error): void {
    reportUnreadable(this.topics.broker, this.partition, from, error)
    this.finish('failed')
  }

  private finish(outcome: CleanOutcome): void {
    workOn(this.topics.broker.env.compute, { kind: 'cleaned' }, () => this.done(outcome))
  }
}

import { type Dirt, dirtOf } from '../../../core/partition/dirt.ts'
import type { Partition } from '../../../core/partition/partition.ts'
import type { Topic } from '../topic.ts'
import type { Topics } from '../topics.ts'
import { CleanRun } from './clean-run.ts'

/** Compaction of a broker's topics, one partition at a time: the one with the largest share of what is dirty. */
export class Compaction {
  private readonly topics: Topics
  private running = false
  /** What could not be read: those partitions stay as they are until the next start, and hold up no others. */
  private readonly failed = new WeakSet<Partition>()

  constructor(topics: Topics) {
    this.topics = topics
  }

  /** Looks every `log.cleaner.backoff.ms`, which may be another from now on. */
  start(): void {
    const { topics } = this
    const { timers } = topics.broker
    const backoff = () => Number(topics.brokerValue('log.cleaner.backoff.ms') ?? topics.options.cleanerBackoffMs)
    const look = () => {
      this.next()
      timer = timers.after(backoff(), look)
    }
    let waits = backoff()
    let timer = timers.after(waits, look)
    topics.configs.onChanged.push(() => {
      if (backoff() === waits) return
      waits = backoff()
      timers.clear(timer)
      timer = timers.after(waits, look)
    })
  }

  /** Cleans what is dirtiest, then what is dirtiest then, until nothing is left that is due. */
  private next(): void {
    if (this.running) return
    const { topics } = this
    const dirtiest = this.dirtiest()
    if (dirtiest === null) return
    const { topic, partition, dirt } = dirtiest
    this.running = true
    const run = new CleanRun(topics, topic, partition, dirt.end, topics.options.cleanerMemory, (outcome) => {
      this.running = false
      topics.bytesCleaned += run.read
      if (outcome === 'cleaned') topics.cleanings++
      if (outcome === 'failed') this.failed.add(partition)
      if (outcome !== 'nothing' && topics.broker.hasRoomForSettlement(64)) this.next()
    })
    run.start(dirt.from)
  }

  private dirtiest(): { topic: Topic; partition: Partition; dirt: Dirt } | null {
    const now = this.topics.broker.env.clock.now()
    let best: { topic: Topic; partition: Partition; dirt: Dirt } | null = null
    for (const topic of this.topics.byName.values()) {
      if (!topic.settings.compacts) continue
      for (const partition of topic.partitions) {
        if (this.failed.has(partition)) continue
        const dirt = dirtOf(partition, topic.settings.clean, partition.lastStableOffset, now)
        if (dirt?.due && (best === null || dirt.ratio > best.dirt.ratio)) best = { topic, partition, dirt }
      }
    }
    return best
  }
}

import { Partition } from '../../core/partition/partition.ts'
import { isInternal } from './name.ts'
import type { StreamOf } from './topic-record.ts'
import { type BrokerValue, settingsOf, type TopicSettings } from './topic-settings.ts'

/** What stream queues are found by, and hidden topics named: no topic of Kafka's has such a name. */
export function streamKey(vhost: string, queue: string): string {
  return `${vhost}\0${queue}`
}

/** A named set of partitions. */
export class Topic {
  readonly name: string
  /** A uuid as Kafka prints it: what tells a topic from an earlier one of the same name. */
  readonly id: string
  readonly partitions: Partition[] = []
  /** The settings it has of its own. */
  readonly configs: Map<string, string>
  settings: TopicSettings
  /** The journal position of its last change. */
  position: number

  readonly isInternal: boolean
  /** The stream queue that it is the log of. */
  readonly stream: StreamOf | null
  private policy: ReadonlyMap<string, string> = new Map()
  private readonly broker: BrokerValue

  constructor(
    name: string,
    id: string,
    configs: Map<string, string>,
    position: number,
    broker: BrokerValue,
    stream: StreamOf | null = null,
  ) {
    this.stream = stream
    this.broker = broker
    this.name = name
    this.isInternal = isInternal(name)
    this.id = id
    this.configs = configs
    this.settings = settingsOf(configs, broker)
    this.position = position
  }

  /** Adds a partition for each of the numbers, which the journal has. */
  grow(ids: readonly number[]): Partition[] {
    const added = ids.map((id, i) => new Partition(id, this.name, this.partitions.length + i))
    for (const { segments } of added) segments.limits = this.settings.segment
    this.partitions.push(...added)
    return added
  }

  /** Takes new settings over. */
  configure(configs: ReadonlyMap<string, string>): void {
    this.configs.clear()
    for (const [name, value] of configs) this.configs.set(name, value)
    this.resettle()
  }

  /** Takes over what a policy says in place of settings of its own; it is told again after a restart. */
  overlay(configs: ReadonlyMap<string, string>): void {
    this.policy = configs
    this.resettle()
  }

  /** Looks again what its settings are: the broker's may have changed. */
  resettle(): void {
    const configs = this.policy.size === 0 ? this.configs : new Map([...this.configs, ...this.policy])
    this.settings = settingsOf(configs, this.broker)
    for (const { segments } of this.partitions) segments.limits = this.settings.segment
  }
}

import type { ConsumerSettings } from '../../core/group/consumer/world.ts'
import type { Broker } from '../broker.ts'
import type { Definition } from '../definition.ts'
import { journalDefinition } from '../definitions.ts'
import { GROUP_CONFIGS, type GroupConfigName } from './group-config-table.ts'

interface GroupConfigsDefinition extends Definition {
  readonly kind: 'group-configs'
  readonly group: string
  /** All that the group has of its own; empty when it has nothing left. */
  readonly configs: readonly (readonly [name: string, value: string])[]
}

/** The settings that groups have of their own, by group: they may be there before the group, and stay when it has gone. */
export class GroupConfigs {
  readonly byGroup = new Map<string, ReadonlyMap<string, string>>()
  /** The journal position of the last change. */
  position = 0
  private readonly broker: Broker
  /** Read again when a group's settings change. */
  private readonly consumer = new Map<string, ConsumerSettings>()

  /** Before recovery. */
  constructor(broker: Broker) {
    this.broker = broker
    broker.definitions.push({
      kinds: ['group-configs'],
      apply: (definition) => this.apply(definition as GroupConfigsDefinition),
      all: () => [...this.byGroup].map(([group, configs]) => definitionOf(group, configs)),
    })
  }

  private apply({ group, configs }: GroupConfigsDefinition): void {
    if (configs.length === 0) this.byGroup.delete(group)
    else this.byGroup.set(group, new Map(configs))
    this.consumer.delete(group)
  }

  /** Puts these in the place of all that the group has of its own. The values are valid, and there is room. */
  set(group: string, configs: ReadonlyMap<string, string>): void {
    const definition = definitionOf(group, configs)
    this.apply(definition)
    this.position = journalDefinition(this.broker, definition)
  }

  of(group: string): ReadonlyMap<string, string> {
    return this.byGroup.get(group) ?? NOTHING
  }

  number(group: string, name: GroupConfigName): number {
    return Number(this.of(group).get(name) ?? GROUP_CONFIGS[name].default)
  }

  consumerOf(group: string): ConsumerSettings {
    if (!this.byGroup.has(group)) return CONSUMER_DEFAULTS
    let settings = this.consumer.get(group)
    if (settings === undefined) {
      settings = {
        sessionTimeoutMs: this.number(group, 'consumer.session.timeout.ms'),
        heartbeatIntervalMs: this.number(group, 'consumer.heartbeat.interval.ms'),
        assignmentIntervalMs: this.number(group, 'consumer.assignment.interval.ms'),
      }
      this.consumer.set(group, settings)
    }
    return settings
  }
}

const NOTHING: ReadonlyMap<string, string> = new Map()

const CONSUMER_DEFAULTS: ConsumerSettings = {
  sessionTimeoutMs: Number(GROUP_CONFIGS['consumer.session.timeout.ms'].default),
  heartbeatIntervalMs: Number(GROUP_CONFIGS['consumer.heartbeat.interval.ms'].default),
  assignmentIntervalMs: Number(GROUP_CONFIGS['consumer.assignment.interval.ms'].default),
}

function definitionOf(group: string, configs: ReadonlyMap<string, string>): GroupConfigsDefinition {
  return { kind: 'group-configs', id: 0, group, configs: [...configs] }
}

import type { ConsumerSettings } from '../../core/group/consumer/world.ts'
import { GROUP_CONFIGS } from '../config/group-configs.ts'
import type { Topics } from '../topic/topics.ts'

/** What may be set for one group, or else for all. */
export class GroupConfigs {
  private readonly topics: Topics
  /** Read again when settings change. */
  private readonly consumer = new Map<string, ConsumerSettings>()
  private readonly numbers = new Map<string, number>()

  constructor(topics: Topics) {
    this.topics = topics
    topics.configs.onChanged.push((kind) => {
      if (kind !== 'group' && kind !== 'broker') return
      this.consumer.clear()
      this.numbers.clear()
    })
  }

  /** The group's own value, the broker's, or the default. */
  value(group: string, name: string): string {
    const { configs, brokerValue } = this.topics
    const key = GROUP_CONFIGS[name]!
    const own = configs.get('group', group).get(name)
    return own ?? (key.brokerKey === null ? null : brokerValue(key.brokerKey)) ?? key.default ?? ''
  }

  number(group: string, name: string): number {
    // Groups without settings of their own share what is remembered.
    const key = this.topics.configs.get('group', group).size === 0 ? name : `${name} ${group}`
    let number = this.numbers.get(key)
    if (number === undefined) this.numbers.set(key, (number = Number(this.value(group, name))))
    return number
  }

  consumerOf(group: string): ConsumerSettings {
    const key = this.topics.configs.get('group', group).size === 0 ? '' : group
    let settings = this.consumer.get(key)
    if (settings === undefined) {
      settings = {
        sessionTimeoutMs: this.number(group, 'consumer.session.timeout.ms'),
        heartbeatIntervalMs: this.number(group, 'consumer.heartbeat.interval.ms'),
        assignmentIntervalMs: this.number(group, 'consumer.assignment.interval.ms'),
      }
      this.consumer.set(key, settings)
    }
    return settings
  }
}

/** One setting that a group may have of its own. */
interface GroupConfig {
  /** Its number in DescribeConfigs. */
  readonly type: number
  readonly default: string
  /** The broker's setting that holds for all groups; null where there is none. */
  readonly brokerKey: string | null
  readonly documentation: string
}

const int = 3

/** Every setting of a group, with Kafka's defaults. */
export const GROUP_CONFIGS = {
  'consumer.assignment.interval.ms': {
    type: int,
    default: '1000',
    brokerKey: 'group.consumer.assignment.interval.ms',
    documentation: 'The interval between assignment updates for a consumer group.',
  },
  'consumer.heartbeat.interval.ms': {
    type: int,
    default: '5000',
    brokerKey: 'group.consumer.heartbeat.interval.ms',
    documentation: 'The heartbeat interval given to the members of a consumer group.',
  },
  'consumer.session.timeout.ms': {
    type: int,
    default: '45000',
    brokerKey: 'group.consumer.session.timeout.ms',
    documentation: 'The timeout to detect client failures when using the consumer group protocol.',
  },
} as const satisfies Record<string, GroupConfig>

export type GroupConfigName = keyof typeof GROUP_CONFIGS

import { brokerKeys } from './broker-configs.ts'
import {
  type Check,
  type ConfigKey,
  type ConfigKeys,
  ConfigType,
  checkAll,
  checkOf,
  oneOf,
  whole,
} from './config-key.ts'

const { int, string, boolean } = ConfigType

const autoReset: Check = (value) =>
  /^(earliest|latest|by_duration:P(?!$)(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+(\.\d{1,9})?S)?)?)$/i.test(value)
    ? null
    : `Invalid value \`${value}\` for configuration share.auto.offset.reset. The value must be either 'earliest', 'latest' or of the format 'by_duration:<PnDTnHnMn.nS>'.`

function number(value: string, brokerKey: string, about: string, least = '1'): ConfigKey {
  return { type: int, default: value, brokerKey, told: true, check: whole(int, least), about }
}

/** The settings of a group, in Kafka's order; who coordinates groups asks for their values. */
export const GROUP_CONFIGS: ConfigKeys = {
  'consumer.session.timeout.ms': number(
    '45000',
    'group.consumer.session.timeout.ms',
    'After how long a silent member of a consumer group is taken for gone.',
  ),
  'consumer.heartbeat.interval.ms': number(
    '5000',
    'group.consumer.heartbeat.interval.ms',
    'How often members of a consumer group are to show that they are there.',
  ),
  'consumer.assignment.interval.ms': number(
    '1000',
    'group.consumer.assignment.interval.ms',
    'How far apart a consumer group’s assignments are.',
    '0',
  ),
  'share.session.timeout.ms': number(
    '45000',
    'group.share.session.timeout.ms',
    'After how long a silent member of a share group is taken for gone.',
  ),
  'share.heartbeat.interval.ms': number(
    '5000',
    'group.share.heartbeat.interval.ms',
    'How often members of a share group are to show that they are there.',
  ),
  'share.record.lock.duration.ms': number(
    '30000',
    'group.share.record.lock.duration.ms',
    'How long a consumer of a share group may take for a record.',
  ),
  'share.delivery.count.limit': number(
    '5',
    'group.share.delivery.count.limit',
    'How often a record is delivered to a share group before it is given up.',
  ),
  'share.partition.max.record.locks': number(
    '2000',
    'group.share.partition.max.record.locks',
    'Records of a partition that may be under way to a share group.',
  ),
  'share.auto.offset.reset': {
    type: string,
    default: 'latest',
    brokerKey: 'share.auto.offset.reset',
    told: true,
    check: autoReset,
    about: 'Where a share group begins that has no offset: earliest, latest, or by_duration: and how long ago.',
  },
  'share.isolation.level': {
    type: string,
    default: 'read_uncommitted',
    brokerKey: 'share.isolation.level',
    told: true,
    check: oneOf(['read_committed', 'read_uncommitted']),
    about: 'Whether a share group reads records of transactions that are open or were aborted.',
  },
  'share.renew.acknowledge.enable': {
    type: boolean,
    default: 'true',
    brokerKey: 'group.share.renew.acknowledge.enable',
    told: true,
    check: checkOf(boolean),
    about: 'Whether a consumer of a share group may ask for more time.',
  },
  'share.assignment.interval.ms': number(
    '1000',
    'group.share.assignment.interval.ms',
    'How far apart a share group’s assignments are.',
    '0',
  ),
  'streams.session.timeout.ms': number(
    '45000',
    'group.streams.session.timeout.ms',
    'After how long a silent member of a streams group is taken for gone.',
  ),
  'streams.heartbeat.interval.ms': number(
    '5000',
    'group.streams.heartbeat.interval.ms',
    'How often members of a streams group are to show that they are there.',
  ),
  'streams.num.standby.replicas': number(
    '0',
    'group.streams.num.standby.replicas',
    'Standby replicas of a streams group’s tasks.',
    '0',
  ),
  'streams.initial.rebalance.delay.ms': number(
    '3000',
    'group.streams.initial.rebalance.delay.ms',
    'How long a new streams group waits for members.',
    '0',
  ),
  'streams.assignment.interval.ms': number(
    '1000',
    'group.streams.assignment.interval.ms',
    'How far apart a streams group’s assignments are.',
    '0',
  ),
}

/** What is wrong with a group's settings, or null. The broker's settings bound them. */
export function checkGroupConfigs(configs: ReadonlyMap<string, string>): string | null {
  const wrong = checkAll(GROUP_CONFIGS, configs, 'group', Object.keys(GROUP_CONFIGS).length)
  if (wrong !== null) return wrong
  for (const [name, value] of configs) {
    const [kind, ...rest] = name.split('.')
    for (const [bound, text] of [
      ['min', 'greater'],
      ['max', 'less'],
    ] as const) {
      const brokerKey = `group.${kind}.${bound}.${rest.join('.')}`
      const limit = brokerKeys().get(brokerKey)?.default
      if (limit == null) continue
      const fits = bound === 'min' ? Number(value) >= Number(limit) : Number(value) <= Number(limit)
      if (!fits) return `${name} must be ${text} than or equal to ${brokerKey}`
    }
  }
  return checkHeartbeats(configs)
}

/** A session has to last for more than one heartbeat. */
function checkHeartbeats(configs: ReadonlyMap<string, string>): string | null {
  for (const kind of ['consumer', 'share', 'streams']) {
    const session = `${kind}.session.timeout.ms`
    const heartbeat = `${kind}.heartbeat.interval.ms`
    const value = (name: string) => Number(configs.get(name) ?? GROUP_CONFIGS[name]!.default)
    if (value(session) <= value(heartbeat)) return `${session} must be greater than ${heartbeat}`
  }
  return null
}

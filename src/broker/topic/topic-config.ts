/** Kafka's types of configuration values, by their numbers in DescribeConfigs. */
export const ConfigType = {
  boolean: 1,
  string: 2,
  int: 3,
  short: 4,
  long: 5,
  double: 6,
  list: 7,
} as const

export interface ConfigKey {
  readonly type: number
  readonly default: string
  /** The broker's setting that a topic without a value of its own takes it from; null where there is none. */
  readonly brokerKey: string | null
  /** What is wrong with a value, or null. */
  readonly check: (value: string) => string | null
}

const MAX_LONG = '9223372036854775807'

function key(type: number, value: string, brokerKey: string | null, check: ConfigKey['check']): ConfigKey {
  return { type, default: value, brokerKey, check }
}

/** A whole number in a range; longs are compared exactly. */
function whole(min: string, max: string): ConfigKey['check'] {
  const lowest = BigInt(min)
  const highest = BigInt(max)
  return (value) => {
    if (!/^-?\d{1,19}$/.test(value.trim())) return 'it is not a whole number'
    const number = BigInt(value.trim())
    if (number < lowest) return `it must be at least ${min}`
    return number > highest ? `it must be at most ${max}` : null
  }
}

function int(value: string, brokerKey: string | null, min = '0'): ConfigKey {
  return key(ConfigType.int, value, brokerKey, whole(min, '2147483647'))
}

function long(value: string, brokerKey: string | null, min = '0'): ConfigKey {
  return key(ConfigType.long, value, brokerKey, whole(min, MAX_LONG))
}

function oneOf(values: readonly string[]): ConfigKey['check'] {
  return (value) => (values.includes(value) ? null : `it must be one of ${values.join(', ')}`)
}

function flag(value: string, brokerKey: string | null): ConfigKey {
  return key(ConfigType.boolean, value, brokerKey, (value) => oneOf(['true', 'false'])(value.toLowerCase()))
}

/** A setting that can be told, but has one value here because what it would switch on is not built. */
function fixed(type: number, value: string, brokerKey: string | null, missing: string): ConfigKey {
  return key(type, value, brokerKey, (given) => (given === value ? null : `${missing}, so that it must be '${value}'`))
}

function ratio(value: string): string | null {
  const number = Number(value)
  return value.trim() !== '' && number >= 0 && number <= 1 ? null : 'it must be a number from 0 to 1'
}

const noCompaction = (policy: string): string | null =>
  policy === 'delete' || policy === ''
    ? null
    : `'${policy}' is not served: this broker has no log compaction, and the cleanup policy must be 'delete'`

const replicas = fixed(ConfigType.list, '', null, 'there is one replica only')

/**
 * The settings a topic may have. Those about segment files, indexes and flushing are taken and told, and mean nothing here: all topics live in
 * one log.
 */
export const TOPIC_CONFIGS: { readonly [name: string]: ConfigKey } = {
  'cleanup.policy': key(ConfigType.list, 'delete', 'log.cleanup.policy', noCompaction),
  'compression.gzip.level': int('-1', 'compression.gzip.level', '-1'),
  'compression.lz4.level': int('9', 'compression.lz4.level', '1'),
  'compression.type': fixed(
    ConfigType.string,
    'producer',
    'compression.type',
    'batches are kept as producers send them',
  ),
  'compression.zstd.level': int('3', 'compression.zstd.level', '-131072'),
  'delete.retention.ms': long('86400000', 'log.cleaner.delete.retention.ms'),
  'file.delete.delay.ms': long('60000', 'log.segment.delete.delay.ms'),
  'flush.messages': long(MAX_LONG, 'log.flush.interval.messages', '1'),
  'flush.ms': long(MAX_LONG, null),
  'follower.replication.throttled.replicas': replicas,
  'index.interval.bytes': int('4096', 'log.index.interval.bytes'),
  'leader.replication.throttled.replicas': replicas,
  'local.retention.bytes': long('-2', 'log.local.retention.bytes', '-2'),
  'local.retention.ms': long('-2', 'log.local.retention.ms', '-2'),
  'max.compaction.lag.ms': long(MAX_LONG, 'log.cleaner.max.compaction.lag.ms', '1'),
  'max.message.bytes': int('1048588', 'message.max.bytes'),
  'message.timestamp.after.max.ms': long('3600000', 'log.message.timestamp.after.max.ms'),
  'message.timestamp.before.max.ms': long(MAX_LONG, 'log.message.timestamp.before.max.ms'),
  'message.timestamp.type': key(
    ConfigType.string,
    'CreateTime',
    'log.message.timestamp.type',
    oneOf(['CreateTime', 'LogAppendTime']),
  ),
  'min.cleanable.dirty.ratio': key(ConfigType.double, '0.5', 'log.cleaner.min.cleanable.ratio', ratio),
  'min.compaction.lag.ms': long('0', 'log.cleaner.min.compaction.lag.ms'),
  'min.insync.replicas': int('1', 'min.insync.replicas', '1'),
  preallocate: flag('false', 'log.preallocate'),
  'remote.log.copy.disable': flag('false', null),
  'remote.log.delete.on.disable': flag('false', null),
  'remote.storage.enable': fixed(ConfigType.boolean, 'false', null, 'there is no remote storage'),
  'retention.bytes': long('-1', 'log.retention.bytes', '-1'),
  'retention.ms': long('604800000', null, '-1'),
  'segment.bytes': int('1073741824', 'log.segment.bytes', '1048576'),
  'segment.index.bytes': int('10485760', 'log.index.size.max.bytes', '4'),
  'segment.jitter.ms': long('0', null),
  'segment.ms': long('604800000', null, '1'),
  'unclean.leader.election.enable': flag('false', 'unclean.leader.election.enable'),
}

/** A topic's settings as the hot path wants them. */
export interface TopicSettings {
  /** Infinity: for ever. */
  readonly retentionMs: number
  readonly retentionBytes: number
  readonly maxMessageBytes: number
  readonly appendTime: boolean
  readonly timestampBeforeMaxMs: number
  readonly timestampAfterMaxMs: number
}

/** What is wrong with a topic's own settings, or null. */
export function checkConfigs(configs: ReadonlyMap<string, string>): string | null {
  for (const [name, value] of configs) {
    const known = Object.hasOwn(TOPIC_CONFIGS, name) ? TOPIC_CONFIGS[name]! : null
    if (known === null) return `Unknown topic config name: ${shown(name)}`
    const wrong = known.check(value)
    if (wrong !== null) return `Invalid value ${shown(value)} for configuration ${name}: ${wrong}`
  }
  return null
}

/** A client's text in a message to it. */
function shown(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text
}

export function settingsOf(configs: ReadonlyMap<string, string>): TopicSettings {
  const value = (name: string) => configs.get(name) ?? TOPIC_CONFIGS[name]!.default
  const limit = (name: string) => {
    const number = Number(value(name))
    return number < 0 ? Number.POSITIVE_INFINITY : number
  }
  const keepAll = value('cleanup.policy') === ''
  return {
    retentionMs: keepAll ? Number.POSITIVE_INFINITY : limit('retention.ms'),
    retentionBytes: keepAll ? Number.POSITIVE_INFINITY : limit('retention.bytes'),
    maxMessageBytes: Number(value('max.message.bytes')),
    appendTime: value('message.timestamp.type') === 'LogAppendTime',
    timestampBeforeMaxMs: limit('message.timestamp.before.max.ms'),
    timestampAfterMaxMs: limit('message.timestamp.after.max.ms'),
  }
}

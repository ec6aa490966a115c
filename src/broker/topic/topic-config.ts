import { CONTRACT_CHECKS, CONTRACT_LEVELS } from '../../core/queue/contract.ts'
import {
  type Check,
  type ConfigKey,
  type ConfigKeys,
  ConfigType,
  checkAll,
  checkOf,
  double,
  flag,
  listItems,
  listOf,
  MAX_LONG,
  oneOf,
  whole,
} from '../config/config-key.ts'
import { STRATEGY_CLASSES } from '../contract/topic-contract.ts'

function key(
  type: number,
  value: string,
  brokerKey: string | null,
  about: string,
  check: Check = checkOf(type),
): ConfigKey {
  return { type, default: value, brokerKey, told: brokerKey !== null && !UNTOLD.has(brokerKey), check, about }
}

/** Settings of the broker that have no value unless somebody gives them one. */
const UNTOLD = new Set(['log.flush.interval.ms', 'log.retention.ms', 'log.roll.ms', 'log.roll.jitter.ms'])

const { boolean, string, int: INT, long: LONG, double: DOUBLE, list } = ConfigType

function int(value: string, brokerKey: string | null, about: string, least = '0'): ConfigKey {
  return key(INT, value, brokerKey, about, whole(INT, least))
}

function long(value: string, brokerKey: string | null, about: string, least = '0'): ConfigKey {
  return key(LONG, value, brokerKey, about, whole(LONG, least))
}

const CODECS = ['uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer']

/** A level of gzip: one of its own, or the library's. */
const gzipLevel: Check = (value) => {
  const wrong = whole(INT, null)(value)
  if (wrong !== null) return wrong
  const level = Number(value)
  return level === -1 || (level >= 1 && level <= 9) ? null : 'Value must be between 1 and 9 or equal to -1'
}

/** Confluent's settings of the same names. */
function contractConfigs(part: 'key' | 'value'): ConfigKeys {
  return {
    [`confluent.${part}.schema.validation`]: key(
      boolean,
      'false',
      null,
      `Whether the ${part} of each record has to be of a schema that is registered under its subject.`,
      flag,
    ),
    [`confluent.${part}.subject.name.strategy`]: key(
      string,
      STRATEGY_CLASSES[0]!,
      null,
      `Which subject that is: TOPIC-${part}, the record's name, or TOPIC-NAME.`,
      oneOf(STRATEGY_CLASSES),
    ),
  }
}

/** Whether Kafka itself has no such setting. */
export function isContractConfig(name: string): boolean {
  return name.startsWith('confluent.') || name.startsWith('posthorn.')
}

const throttled =
  (name: string): Check =>
  (value) => {
    const items = listItems(value)
    const fits = items.every((item) => item === '*' || item === 'none' || /^\d+:\d+$/.test(item))
    return fits && (items.length < 2 || !items.includes('*'))
      ? null
      : `${name} must be the literal '*' or a list of replicas in the following format: [partitionId]:[brokerId],[partitionId]:[brokerId],...`
  }

/** The settings a topic may have, in Kafka's order: of several wrong ones the first is told. Those about index files and flushing are taken and told, and mean nothing here: all topics live in one log. */
export const TOPIC_CONFIGS: ConfigKeys = {
  'segment.bytes': int(
    '1073741824',
    'log.segment.bytes',
    'When the active segment is this large a new one begins.',
    '1048576',
  ),
  'segment.ms': long('604800000', 'log.roll.ms', 'When the active segment is this old a new one begins.', '1'),
  'segment.jitter.ms': long('0', 'log.roll.jitter.ms', 'By how much less than segment.ms the age of a segment may be.'),
  'segment.index.bytes': int('10485760', 'log.index.size.max.bytes', 'The size of an offset index file.', '4'),
  'flush.messages': long(
    MAX_LONG,
    'log.flush.interval.messages',
    'After how many records the log is synced; here it is before every answer.',
    '1',
  ),
  'flush.ms': long(
    MAX_LONG,
    'log.flush.interval.ms',
    'After how long the log is synced; here it is before every answer.',
  ),
  'retention.bytes': long(
    '-1',
    'log.retention.bytes',
    'How large a partition may get before "delete" lets go of its oldest segments; -1 for no limit.',
    '-1',
  ),
  'retention.ms': long(
    '604800000',
    'log.retention.ms',
    'How long a record is kept at least before "delete" may let go of its segment; -1 for ever.',
    '-1',
  ),
  'max.message.bytes': int('1048588', 'message.max.bytes', 'The largest record batch that is taken.'),
  'index.interval.bytes': int('4096', 'log.index.interval.bytes', 'How far apart entries of the offset index are.'),
  'delete.retention.ms': long(
    '86400000',
    'log.cleaner.delete.retention.ms',
    'How long compaction keeps tombstones, so that a reader who began before sees them.',
  ),
  'min.compaction.lag.ms': long('0', 'log.cleaner.min.compaction.lag.ms', 'How long a record is safe from compaction.'),
  'max.compaction.lag.ms': long(
    MAX_LONG,
    'log.cleaner.max.compaction.lag.ms',
    'How long a record may escape compaction.',
    '1',
  ),
  'file.delete.delay.ms': long('60000', 'log.segment.delete.delay.ms', 'How long the file of a deleted segment stays.'),
  'min.cleanable.dirty.ratio': key(
    DOUBLE,
    '0.5',
    'log.cleaner.min.cleanable.ratio',
    'The share of the log that has to be dirty before it is compacted.',
    double(0, 1),
  ),
  'cleanup.policy': {
    ...key(
      list,
      'delete',
      'log.cleanup.policy',
      'What becomes of old segments: "delete" lets them go after the retention time or size, "compact" keeps the last record of each key; both may be given, and with none of them everything is kept.',
      listOf(['compact', 'delete']),
    ),
    isFilled: true,
  },
  'unclean.leader.election.enable': key(
    boolean,
    'false',
    'unclean.leader.election.enable',
    'Whether a replica that lacks records may lead; there is one replica here.',
    flag,
  ),
  'min.insync.replicas': int(
    '1',
    'min.insync.replicas',
    'How many replicas have to have a batch sent with acks=all; there is one here.',
    '1',
  ),
  'compression.type': key(
    string,
    'producer',
    'compression.type',
    'The codec that batches are kept in: gzip, snappy, lz4 or zstd, "uncompressed", or "producer" for what the producer chose.',
    oneOf(CODECS),
  ),
  'compression.gzip.level': key(
    INT,
    '-1',
    'compression.gzip.level',
    'The level where compression.type is gzip.',
    gzipLevel,
  ),
  'compression.lz4.level': key(
    INT,
    '9',
    'compression.lz4.level',
    'The level where compression.type is lz4.',
    whole(INT, '1', '17'),
  ),
  'compression.zstd.level': key(
    INT,
    '3',
    'compression.zstd.level',
    'The level where compression.type is zstd.',
    whole(INT, '-131072', '22'),
  ),
  preallocate: key(boolean, 'false', 'log.preallocate', 'Whether files are made in full before they are used.', flag),
  'message.timestamp.type': key(
    string,
    'CreateTime',
    'log.message.timestamp.type',
    'Whether a record has the time that its producer gave it, CreateTime, or that of its append, LogAppendTime.',
    oneOf(['CreateTime', 'LogAppendTime']),
  ),
  'message.timestamp.before.max.ms': long(
    MAX_LONG,
    'log.message.timestamp.before.max.ms',
    'How far a timestamp may lie behind now; nothing with LogAppendTime.',
  ),
  'message.timestamp.after.max.ms': long(
    '3600000',
    'log.message.timestamp.after.max.ms',
    'How far a timestamp may be ahead of now; nothing with LogAppendTime.',
  ),
  'leader.replication.throttled.replicas': key(
    list,
    '',
    null,
    'Replicas whose copying is throttled on the leader; there is one replica here.',
    throttled('leader.replication.throttled.replicas'),
  ),
  'follower.replication.throttled.replicas': key(
    list,
    '',
    null,
    'Replicas whose copying is throttled on the follower; there is one replica here.',
    throttled('follower.replication.throttled.replicas'),
  ),
  'remote.storage.enable': key(boolean, 'false', null, 'Whether segments go to remote storage; there is none.', flag),
  'local.retention.ms': long(
    '-2',
    'log.local.retention.ms',
    'How long data stay beside remote storage; -2 for retention.ms.',
    '-2',
  ),
  'local.retention.bytes': long(
    '-2',
    'log.local.retention.bytes',
    'How much stays beside remote storage; -2 for retention.bytes.',
    '-2',
  ),
  'remote.log.copy.disable': key(boolean, 'false', null, 'Whether nothing more is copied to remote storage.', flag),
  'remote.log.delete.on.disable': key(
    boolean,
    'false',
    null,
    'Whether remote data go when remote storage is switched off.',
    flag,
  ),
  ...contractConfigs('key'),
  ...contractConfigs('value'),
  'posthorn.schema.check': key(
    string,
    'reject',
    null,
    'What becomes of a batch with a record that breaks the contract of confluent.key.schema.validation or confluent.value.schema.validation: "reject" refuses it, "warn" takes it, counts and logs it, "off" does not look.',
    oneOf([...CONTRACT_LEVELS].reverse()),
  ),
  'posthorn.schema.check.by': key(
    string,
    'id',
    null,
    'What is looked at: "id", that a record begins with the id of a schema of its subject; "id-and-body", that it is data of that schema, too; "body", that all of it is data of the newest schema of the subject TOPIC-value (TOPIC-key).',
    oneOf(CONTRACT_CHECKS),
  ),
}

/** What is wrong with a topic's own settings, or null. */
export function checkConfigs(configs: ReadonlyMap<string, string>): string | null {
  const wrong = checkAll(TOPIC_CONFIGS, configs, 'topic', configs.size)
  if (wrong !== null) return wrong
  const remote = configs.get('remote.storage.enable')
  if (remote?.toLowerCase() === 'true') {
    return 'Tiered Storage functionality is disabled in the broker. Topic cannot be configured with remote log storage.'
  }
  const least = BigInt(configs.get('min.compaction.lag.ms') ?? '0')
  const most = BigInt(configs.get('max.compaction.lag.ms') ?? MAX_LONG)
  if (least <= most) return null
  return `conflict topic config setting min.compaction.lag.ms (${least}) > max.compaction.lag.ms (${most})`
}

import { ACCESS_SETTINGS } from './access-settings.ts'
import type { Setting } from './setting.ts'

const KIB = 1024
const MIB = 1024 * KIB

/**
 * Every setting of `posthorn serve`: one table for the file, the environment, the flags and the documentation. `kafka.autoCreateTopics` is the key in the file
 * (nested or dotted), POSTHORN_KAFKA_AUTO_CREATE_TOPICS in the environment and --kafka-auto-create-topics on the command line.
 */
export const SETTINGS = [
  {
    key: 'data',
    type: 'string',
    default: './data',
    about: 'The data directory. It is made if it is not there; one process may use it at a time.',
  },
  {
    key: 'durability',
    type: 'choice',
    default: 'fsync',
    values: ['fsync', 'os'],
    about:
      'What a confirm promises. `fsync`: on the disk, survives power loss. `os`: with the operating system, survives kill -9 but not power loss.',
  },
  {
    key: 'memory',
    type: 'bytes',
    default: 512 * MIB,
    min: 64 * MIB,
    about:
      'What the broker may hold in memory beside its fixed buffers: indexes, unfinished messages, pending output, connections, channels, definitions. Publishers are blocked above it.',
  },
  {
    key: 'insecure',
    type: 'boolean',
    default: false,
    about: 'Allows listeners beyond loopback that have no TLS, or ask nobody who he is.',
  },
  {
    key: 'definitions.file',
    type: 'string',
    default: 'none',
    about:
      'A definitions file of RabbitMQ or Posthorn that is imported at every start; users then come from it, and there is no `guest` but its own.',
  },
  {
    key: 'loopbackUsers',
    type: 'string',
    default: 'guest',
    about: 'Users, with commas, that may log in from this machine only; `none` for none.',
  },
  {
    key: 'log.level',
    type: 'choice',
    default: 'info',
    values: ['error', 'warn', 'info', 'debug'],
    about: 'The least severe level that is logged.',
  },
  {
    key: 'log.format',
    type: 'choice',
    default: 'auto',
    values: ['auto', 'json', 'text'],
    about: '`json` writes one object a line, `text` is for people; `auto` is text on a terminal.',
  },
  {
    key: 'amqp.heartbeat',
    type: 'integer',
    default: 60,
    min: 0,
    max: 65535,
    about: 'Seconds between heartbeats that the broker proposes; 0 proposes none.',
  },
  {
    key: 'amqp.overDeliveryLimit',
    type: 'choice',
    default: 'park',
    values: ['park', 'drop'],
    about:
      'What becomes of a message that failed more often than the delivery limit of its quorum queue allows, if that has no dead-letter exchange: `park` moves it to the queue `amq.parked` of its vhost, `drop` drops it as RabbitMQ does.',
  },
  { key: 'amqp.frameMax', type: 'bytes', default: 131072, min: 8192, max: 131072, about: 'The largest frame.' },
  {
    key: 'amqp.channelMax',
    type: 'integer',
    default: 2047,
    min: 1,
    max: 65535,
    about: 'Channels that a connection may have open.',
  },
  {
    key: 'amqp.maxMessageSize',
    type: 'bytes',
    default: 16 * MIB,
    min: 1,
    max: 16 * MIB,
    about: 'The largest message body; a larger one closes the channel with 406.',
  },
  {
    key: 'amqp.anonymousUser',
    type: 'string',
    default: 'none',
    about: 'The user as whom clients log in that give no name (SASL ANONYMOUS); `none` for nobody.',
  },
  {
    key: 'kafka.autoCreateTopics',
    type: 'boolean',
    default: true,
    about: 'Topics are created when a client first asks for them.',
  },
  {
    key: 'kafka.numPartitions',
    type: 'integer',
    default: 1,
    min: 1,
    max: 10000,
    about: 'Partitions of a topic that is created without a number.',
  },
  {
    key: 'kafka.groupInitialRebalanceDelay',
    type: 'duration',
    default: 0,
    min: 0,
    about: 'How long a new group waits for more members before its first rebalance. Kafka waits 3 s.',
  },
  {
    key: 'kafka.offsetsRetention',
    type: 'duration',
    default: 7 * 86_400_000,
    min: 1,
    about: 'How long committed offsets of a group without members are kept.',
  },
  {
    key: 'kafka.transactionMaxTimeout',
    type: 'duration',
    default: 900_000,
    min: 1,
    about: 'The longest time-out that a transactional producer may ask for.',
  },
  {
    key: 'kafka.transactionalIdExpiration',
    type: 'duration',
    default: 7 * 86_400_000,
    min: 1,
    about: 'How long a transactional id that nobody uses is known.',
  },
  {
    key: 'journal.ring',
    type: 'bytes',
    default: 32 * MIB,
    min: 64 * KIB,
    max: 256 * MIB,
    about: 'Memory for the tail of the journal, and as much again for transient messages; a power of two.',
  },
  {
    key: 'journal.file',
    type: 'bytes',
    default: 64 * MIB,
    min: 16 * KIB,
    max: 1024 * MIB,
    about: 'The size of a journal file; a power of two.',
  },
  {
    key: 'journal.files',
    type: 'integer',
    default: 16,
    min: 3,
    about: 'Journal files beyond this number are tidied: what is still wanted moves to segments.',
  },
  {
    key: 'journal.checkpoint',
    type: 'bytes',
    default: 64 * MIB,
    min: 64 * KIB,
    about: 'A checkpoint is taken when the journal has grown by this, or by four checkpoints if that is more.',
  },
  ...ACCESS_SETTINGS,
] as const satisfies readonly Setting[]

export type SettingKey = (typeof SETTINGS)[number]['key']

/** POSTHORN_KAFKA_AUTO_CREATE_TOPICS for kafka.autoCreateTopics. */
export function environmentName(key: string): string {
  return `POSTHORN_${words(key).join('_').toUpperCase()}`
}

/** kafka-auto-create-topics for kafka.autoCreateTopics. */
export function flagName(key: string): string {
  return words(key).join('-').toLowerCase()
}

function words(key: string): string[] {
  return key.split(/\.|(?=[A-Z])/)
}

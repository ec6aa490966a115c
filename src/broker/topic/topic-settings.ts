import type { CleanSettings } from '../../core/partition/dirt.ts'
import type { SegmentLimits } from '../../core/partition/segments.ts'
import { Codec } from '../../wire/kafka/compression/codec.ts'
import { listItems } from '../config/config-key.ts'
import { type TopicContract, topicContractOf } from '../contract/topic-contract.ts'
import { TOPIC_CONFIGS } from './topic-config.ts'

/** A topic's settings as the hot path wants them. */
export interface TopicSettings {
  /** Infinity: for ever. */
  readonly retentionMs: number
  readonly retentionBytes: number
  readonly maxMessageBytes: number
  readonly appendTime: boolean
  readonly timestampBeforeMaxMs: number
  readonly timestampAfterMaxMs: number
  /** Old segments may go: also by a client's wish. */
  readonly deletes: boolean
  /** Compaction is among the clean-up policies. */
  readonly compacts: boolean
  readonly clean: CleanSettings
  readonly deleteRetentionMs: number
  readonly segment: SegmentLimits
  /** The codec that batches are packed with, or -1 for the producer's. */
  readonly codec: number
  readonly level: number
  /** Batches have to be opened before they are appended. */
  readonly opens: boolean
  /** What its records have to be; null: anything. */
  readonly contract: TopicContract | null
}

/** No timestamp is so long ago. */
const FOR_EVER = 2 ** 60

/** Values of the broker's settings that were changed at run time. */
export type BrokerValue = (brokerKey: string) => string | null

/** A setting's value: the topic's own, else the broker's, else the default. */
export function settingValue(configs: ReadonlyMap<string, string>, name: string, broker: BrokerValue): string {
  const { brokerKey, default: fallback } = TOPIC_CONFIGS[name]!
  return configs.get(name) ?? (brokerKey === null ? null : broker(brokerKey)) ?? fallback!
}

export function settingsOf(configs: ReadonlyMap<string, string>, broker: BrokerValue): TopicSettings {
  const value = (name: string) => settingValue(configs, name, broker)
  const limit = (name: string) => {
    const number = Number(value(name))
    return number < 0 ? Number.POSITIVE_INFINITY : number
  }
  const policies = listItems(value('cleanup.policy'))
  const deletes = policies.includes('delete')
  const compacts = policies.includes('compact')
  const name = value('compression.type')
  const codec = name === 'producer' ? -1 : name === 'uncompressed' ? Codec.none : Codec[name as keyof typeof Codec]
  const timestampBeforeMaxMs = limit('message.timestamp.before.max.ms')
  const maxLagMs = limit('max.compaction.lag.ms')
  const segmentMs = limit('segment.ms')
  return {
    retentionMs: deletes ? limit('retention.ms') : Number.POSITIVE_INFINITY,
    retentionBytes: deletes ? limit('retention.bytes') : Number.POSITIVE_INFINITY,
    maxMessageBytes: Number(value('max.message.bytes')),
    appendTime: value('message.timestamp.type') === 'LogAppendTime',
    timestampBeforeMaxMs,
    timestampAfterMaxMs: limit('message.timestamp.after.max.ms'),
    deletes,
    compacts,
    clean: {
      minLagMs: limit('min.compaction.lag.ms'),
      maxLagMs,
      dirtyRatio: Number(value('min.cleanable.dirty.ratio')),
    },
    deleteRetentionMs: limit('delete.retention.ms'),
    segment: { bytes: Number(value('segment.bytes')), ms: compacts ? Math.min(segmentMs, maxLagMs) : segmentMs },
    codec,
    level: codec === Codec.gzip || codec === Codec.zstd ? Number(value(`compression.${name}.level`)) : 0,
    opens: compacts || codec >= 0 || timestampBeforeMaxMs < FOR_EVER,
    contract: topicContractOf(value),
  }
}

import type { ContractCheck } from '../../core/queue/contract.ts'

/** Confluent's names of the strategies that say which subject the schema of a record has to be under. */
const PACKAGE = 'io.confluent.kafka.serializers.subject.'
export const STRATEGIES = ['TopicNameStrategy', 'RecordNameStrategy', 'TopicRecordNameStrategy'] as const
export type Strategy = (typeof STRATEGIES)[number]
export const STRATEGY_CLASSES = STRATEGIES.map((name) => PACKAGE + name)

/** What the records of a topic have to be. */
export interface TopicContract {
  /** Else it only warns. */
  readonly refuses: boolean
  readonly by: ContractCheck
  /** Null where it is not looked at. */
  readonly key: Strategy | null
  readonly value: Strategy | null
}

/** A topic, as far as contracts are concerned. */
export interface TopicWithContract {
  readonly name: string
  readonly settings: { readonly contract: TopicContract | null }
}

/** The contract that a topic's settings make, null without one. */
export function topicContractOf(value: (name: string) => string): TopicContract | null {
  const level = value('posthorn.schema.check')
  const key = strategyOf(value, 'key')
  const own = strategyOf(value, 'value')
  if (level === 'off' || (key === null && own === null)) return null
  return { refuses: level === 'reject', by: value('posthorn.schema.check.by') as ContractCheck, key, value: own }
}

function strategyOf(value: (name: string) => string, part: 'key' | 'value'): Strategy | null {
  if (value(`confluent.${part}.schema.validation`).trim().toLowerCase() !== 'true') return null
  return value(`confluent.${part}.subject.name.strategy`).slice(PACKAGE.length) as Strategy
}

import type { Exchange } from '../../core/exchange/exchange.ts'
import type { ContractCheck, ContractLevel, MessageContract } from '../../core/queue/contract.ts'
import type { Queue } from '../../core/queue/queue.ts'
import type { Broker } from '../broker.ts'
import { Tally } from './tally.ts'
import type { Strategy, TopicWithContract } from './topic-contract.ts'

/** A queue, an exchange or a topic with a contract, and what came of it. */
export interface Contracted {
  readonly what: 'queue' | 'exchange' | 'topic'
  /** Empty for a topic. */
  readonly vhost: string
  readonly name: string
  /** `off` where it was taken away, and had been asked before. */
  readonly level: ContractLevel
  readonly by: ContractCheck | ''
  /** Under which subjects schemas have to be; `*` is the name of a record. */
  readonly subjects: readonly string[]
  /** 0: the newest. */
  readonly version: number
  readonly tally: Tally
}

/** What has a contract, or had one that was asked. */
export function* listContracts(broker: Broker): Generator<Contracted> {
  const { contracts } = broker
  for (const vhost of broker.vhosts.values()) {
    for (const queue of vhost.queues.values())
      yield* ofMessages(broker, 'queue', vhost.name, queue, queue.settings.contract)
    for (const exchange of vhost.router.exchanges.values())
      yield* ofMessages(broker, 'exchange', vhost.name, exchange, contracts.exchanges.get(exchange) ?? null)
  }
  for (const topic of contracts.topics.values()) yield* ofRecords(broker, topic)
}

function* ofMessages(
  broker: Broker,
  what: 'queue' | 'exchange',
  vhost: string,
  of: Queue | Exchange,
  contract: MessageContract | null,
): Generator<Contracted> {
  const tally = broker.contracts.known(of)
  if (contract === null && tally === undefined) return
  const place = { what, vhost, name: of.name, tally: tally ?? new Tally() }
  if (contract === null) yield { ...place, ...GONE }
  else {
    const { subject, version, by, refuses } = contract
    yield { ...place, level: refuses ? 'reject' : 'warn', by, subjects: [subject], version }
  }
}

function* ofRecords(broker: Broker, topic: TopicWithContract): Generator<Contracted> {
  const { contract } = topic.settings
  const tally = broker.contracts.known(topic)
  if (contract === null && tally === undefined) return
  const place = { what: 'topic', vhost: '', name: topic.name, tally: tally ?? new Tally() } as const
  if (contract === null) yield { ...place, ...GONE }
  else {
    const { key, value, by, refuses } = contract
    const subjects = [subjectBy(key, topic.name, 'key'), subjectBy(value, topic.name, 'value')].filter(
      (one) => one !== '',
    )
    yield { ...place, level: refuses ? 'reject' : 'warn', by, subjects, version: 0 }
  }
}

const GONE = { level: 'off', by: '', subjects: [], version: 0 } as const

function subjectBy(strategy: Strategy | null, topic: string, part: 'key' | 'value'): string {
  if (strategy === null) return ''
  if (strategy === 'TopicNameStrategy') return `${topic}-${part}`
  return strategy === 'RecordNameStrategy' ? '*' : `${topic}-*`
}

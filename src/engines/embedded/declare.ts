import { declareExchange } from '../../broker/exchange/declare.ts'
import { bindQueue } from '../../broker/queue/bind.ts'
import { declareQueue } from '../../broker/queue/declare.ts'
import type { Refusal } from '../../broker/refusal.ts'
import { createTopic } from '../../broker/topic/create.ts'
import type { Exchange } from '../../core/exchange/exchange.ts'
import type { Queue } from '../../core/queue/queue.ts'
import type { QueueSpec, TopicSpec } from '../../sdk/engine.ts'
import { PosthornError } from '../../sdk/posthorn-error.ts'
import { deadLettersOf } from '../../sdk/wire-names.ts'
import { EMPTY_TABLE, tableOf } from '../../wire/amqp/field.ts'
import { type Ground, NO_ROOM } from './ground.ts'

/** Who keeps messages until they are due. */
export const DELAYED_EXCHANGE = 'posthorn.delayed'
/** Nobody's connection. */
const NOBODY = 0
/** What a few definitions take in the journal. */
const DEFINITIONS = 16 * 1024

/** The SDK counts failures itself: no queue gives a message up by its own count. */
const QUORUM = tableOf({ 'x-queue-type': 'quorum', 'x-delivery-limit': -1 })

/** Makes a queue with its dead letters; one that is there already, of whatever kind, is used as it is. */
export async function declareQueueOn(ground: Ground, { name }: QueueSpec): Promise<void> {
  await ground.act(() => {
    if (!ground.broker.hasRoomForDefinition(DEFINITIONS, false)) return NO_ROOM
    declareExchangeOnce(ground)
    for (const one of [name, deadLettersOf(name)]) declareOne(ground, one)
    const { broker, vhost } = ground
    const binding = { queue: name, exchange: DELAYED_EXCHANGE, key: name, args: EMPTY_TABLE }
    require(bindQueue(broker, vhost, NOBODY, binding))
    return true
  })
  await ground.durable()
}

function declareOne(ground: Ground, name: string): void {
  const { broker, vhost } = ground
  const there = vhost.queues.get(name)
  if (there?.settings.type === 'stream') {
    const text = `queue '${name}' is a stream: declare it as a topic`
    throw new PosthornError('DECLARED_DIFFERENTLY', text)
  }
  if (there !== undefined) return
  const declaration = { name, durable: true, exclusive: false, autoDelete: false, args: QUORUM }
  require(declareQueue(broker, vhost, NOBODY, declaration))
}

function declareExchangeOnce({ broker, vhost }: Ground): void {
  if (vhost.router.exchanges.has(DELAYED_EXCHANGE)) return
  const args = tableOf({ 'x-delayed-type': 'direct' })
  const flags = { durable: true, autoDelete: false, internal: false }
  require(declareExchange(broker, vhost, { name: DELAYED_EXCHANGE, type: 'x-delayed-message', ...flags, args }))
}

export function delayedExchange({ vhost }: Ground): Exchange {
  return vhost.router.exchanges.get(DELAYED_EXCHANGE)!
}

/** Makes a topic; one that is there already stays as it is. */
export async function declareTopicOn(ground: Ground, spec: TopicSpec): Promise<void> {
  const { name, partitions, retentionMs, compact } = spec
  const { topics } = ground.nouns
  const configs = new Map<string, string>()
  if (retentionMs !== null) configs.set('retention.ms', String(retentionMs))
  if (compact) configs.set('cleanup.policy', 'compact')
  await ground.act(() => {
    const there = topics.byName.get(name)
    if (there !== undefined) {
      const count = there.partitions.length
      if (partitions <= count) return true
      const text = `topic '${name}' has ${count} partitions, and ${partitions} are declared: add partitions, or declare ${count}`
      throw new PosthornError('DECLARED_DIFFERENTLY', text)
    }
    const created = createTopic(topics, { name, partitions, configs })
    if (created.ok) return true
    if (created.reason === 'no-room') return NO_ROOM
    throw new PosthornError('REFUSED', `topic '${name}' can't be made: ${created.text}`)
  })
  await ground.durable()
}

export function findQueue({ vhost }: Ground, name: string): Queue {
  const queue = vhost.queues.get(name)
  if (queue !== undefined) return queue
  throw new PosthornError('NOT_FOUND', `there is no queue '${name}'`)
}

/** @throws PosthornError if the broker refused */
export function require(outcome: { readonly ok: true } | Refusal): void {
  if (outcome.ok) return
  const at = 'at' in outcome ? ` (${outcome.at.what} '${outcome.at.name}')` : ''
  throw new PosthornError('REFUSED', `the broker refuses: ${outcome.reason}${at}`)
}

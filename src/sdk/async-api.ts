import type { Contract } from './contract/contract.ts'
import type { AnyQueue } from './queue.ts'
import type { AnyTopic } from './topic.ts'

export interface AsyncApiInfo {
  readonly title: string
  readonly version: string
  readonly description?: string
}

/** Where Avro schemas are told from JSON Schemas. */
const AVRO = 'application/vnd.apache.avro+json;version=1.9.0'

/**
 * An AsyncAPI 3.0 document of queues and topics, made of their contracts: what `posthorn asyncapi` prints.
 *
 * @example
 * ```ts
 * import { asyncApi } from 'posthorn'
 *
 * console.log(JSON.stringify(asyncApi({ title: 'Shop', version: '1.0.0' }, [orders, quotes]), null, 2))
 * ```
 */
export function asyncApi(info: AsyncApiInfo, contracts: readonly (AnyQueue | AnyTopic)[]): object {
  const channels: Record<string, object> = {}
  const operations: Record<string, object> = {}
  const messages: Record<string, object> = {}
  for (const one of contracts) {
    const id = idOf(one.name)
    messages[id] = messageOf(one.name, one.contract)
    channels[id] = {
      address: one.name,
      messages: { [id]: { $ref: `#/components/messages/${id}` } },
      ...(one.kind === 'queue'
        ? { description: 'A queue: each message is handled by one consumer.', bindings: { amqp: amqpQueue(one.name) } }
        : { description: 'A topic: every subscriber gets every record.', bindings: { kafka: kafkaTopic(one) } }),
    }
    const answer = one.kind === 'queue' ? one.answer : null
    const [send, receive] = one.kind === 'queue' ? ['send', 'consume'] : ['publish', 'subscribe']
    if (answer !== null) {
      messages[`${id}.answer`] = messageOf(`${one.name} (answer)`, answer)
      channels[`${id}.answer`] = {
        address: null,
        description: 'Where the answer goes: the address in the header reply-to.',
        messages: { [`${id}.answer`]: { $ref: `#/components/messages/${id}.answer` } },
      }
    }
    const reply =
      answer === null
        ? {}
        : {
            reply: {
              address: { location: '$message.header#/reply-to' },
              channel: { $ref: `#/channels/${id}.answer` },
            },
          }
    operations[`${send}.${id}`] = { action: 'send', channel: { $ref: `#/channels/${id}` }, ...reply }
    operations[`${receive}.${id}`] = { action: 'receive', channel: { $ref: `#/channels/${id}` }, ...reply }
  }
  return {
    asyncapi: '3.0.0',
    info,
    defaultContentType: 'application/json',
    channels,
    operations,
    components: { messages },
  }
}

/** Names of components have no other characters. */
function idOf(name: string): string {
  return name.replace(/[^\w.-]/g, '-')
}

function messageOf(name: string, { contentType, document, format }: Contract<never, unknown>): object {
  const payload = format === 'avro' ? { schemaFormat: AVRO, schema: document } : document
  return { name, contentType, ...(payload === null ? {} : { payload }) }
}

function amqpQueue(name: string): object {
  return { is: 'queue', queue: { name, durable: true, exclusive: false, autoDelete: false }, bindingVersion: '0.3.0' }
}

function kafkaTopic({ name, partitions, retentionMs, compact }: AnyTopic): object {
  const settings = {
    ...(compact ? { 'cleanup.policy': ['compact'] } : {}),
    ...(retentionMs === null ? {} : { 'retention.ms': retentionMs }),
  }
  return { topic: name, partitions, topicConfiguration: settings, bindingVersion: '0.5.0' }
}

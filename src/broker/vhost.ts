import type { Binding } from '../core/exchange/binding.ts'
import { Exchange } from '../core/exchange/exchange.ts'
import { Router } from '../core/exchange/router.ts'
import type { ExchangeType } from '../core/exchange/types.ts'
import type { Policies } from '../core/policy/policy.ts'
import type { Queue } from '../core/queue/queue.ts'
import { EMPTY_TABLE } from '../wire/amqp/field.ts'

/** What is said about a vhost, as RabbitMQ's definitions name it. */
export interface VHostMetadata {
  readonly description: string
  readonly tags: readonly string[]
  readonly default_queue_type: string
  readonly protected_from_deletion?: boolean
}

export const DEFAULT_METADATA: VHostMetadata = {
  description: 'Default virtual host',
  tags: [],
  default_queue_type: 'classic',
}

/** Every vhost has these from the start, with the ids from 1 on; they can't be deleted. */
const PREDECLARED: readonly (readonly [name: string, type: ExchangeType, internal: boolean])[] = [
  ['amq.direct', 'direct', false],
  ['amq.fanout', 'fanout', false],
  ['amq.headers', 'headers', false],
  ['amq.match', 'headers', false],
  ['amq.rabbitmq.trace', 'topic', true],
  ['amq.topic', 'topic', false],
]

/** Ids up to here are the predeclared exchanges'. */
export const PREDECLARED_IDS = 15

/** A tenant: its queues by name, its exchanges, and the way of a message through them. */
export class VHost {
  readonly name: string
  readonly queues = new Map<string, Queue>()
  readonly router = new Router<Queue>(this.queues)
  readonly exchangesById = new Map<number, Exchange>()
  readonly bindingsById = new Map<number, Binding<Exchange>>()
  /** Exclusive queues by the id of the connection whose own they are. */
  readonly exclusiveQueues = new Map<number, Set<Queue>>()
  /** The journal position of the newest definition: what a reply about definitions has read. */
  changedAt = 0
  /** The type of queues whose declaration names none. */
  defaultQueueType = 'classic'

  /** Gone, with all that is in it; whoever is still connected to it is about to be closed. */
  deleted = false
  /** Of its newest description; by it an older one is known. */
  id = 0
  metadata: VHostMetadata = DEFAULT_METADATA
  /** Ready to be matched; null when they have changed. */
  policies: Policies | null = null

  constructor(name: string) {
    this.name = name
    for (const [i, [exchange, type, internal]] of PREDECLARED.entries()) {
      const properties = { name: exchange, type, durable: true, autoDelete: false, internal, args: EMPTY_TABLE }
      const made = new Exchange(i + 1, properties, 0)
      this.router.add(made)
      this.exchangesById.set(made.id, made)
    }
  }

  describe(metadata: VHostMetadata): void {
    this.metadata = metadata
    this.defaultQueueType = metadata.default_queue_type
  }
}

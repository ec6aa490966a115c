import type { Broker } from '../broker/broker.ts'
import { isUnderContract } from '../broker/contract/check-message.ts'
import type { LazyHeaders } from '../broker/exchange/lazy-headers.ts'
import type { VHost } from '../broker/vhost.ts'
import type { Exchange } from '../core/exchange/exchange.ts'
import { NO_KEEPS } from '../core/exchange/router.ts'
import type { Queue } from '../core/queue/queue.ts'
import { AmqpError } from '../wire/amqp/amqp-error.ts'
import { decodeArguments } from '../wire/amqp/method.ts'
import { basic } from '../wire/amqp/methods.ts'
import { REPLY_TO_PREFIX } from './reply-to.ts'
import type { Rights } from './rights.ts'

/** The longest arguments that basic.publish can have. */
const LONGEST = 2 + 256 + 256 + 1
/** No epoch of a router. */
const NEVER = -1

/**
 * Where the messages of one channel go. A publisher says the same again and again: as long as the bytes of basic.publish are those
 * of the message before and no binding has changed, the queues are the same, too.
 */
export class Route {
  /** What `find` found last. */
  queues: Queue[] = []
  /** What exchanges on the way keep of the message, and its further routing keys. */
  keeps = NO_KEEPS
  more: readonly string[] = []
  mandatory = false
  /** Whether the exchange or one of the queues has a contract. */
  checked = false
  /** The token of a direct reply-to, if that is what the routing key names. */
  replyToken: string | null = null
  private readonly broker: Broker
  private readonly vhost: VHost
  private readonly rights: Rights
  /** The arguments of the last basic.publish. */
  private readonly bytes = new Uint8Array(LONGEST)
  private length = -1
  exchange: Exchange | null = null
  private key = ''
  /** The router's epoch when exchange and queues were looked up, NEVER if they hold for one message only. */
  private epoch = NEVER
  private exchangeEpoch = NEVER

  constructor(broker: Broker, vhost: VHost, rights: Rights) {
    this.broker = broker
    this.vhost = vhost
    this.rights = rights
  }

  /** Finds the exchange. `b[at, end)` are the arguments of basic.publish. */
  open(b: Uint8Array, at: number, end: number): void {
    if (this.exchangeEpoch !== this.vhost.router.epoch || !this.same(b, at, end - at)) this.resolve(b, at, end)
  }

  /** Whether the user may publish with these routing keys, after `open`. */
  authorize(more: readonly string[]): void {
    const { exchange, rights } = this
    if (exchange?.properties.type !== 'topic' || !rights.hasTopics('write', exchange.name)) return
    rights.requireTopic('write', exchange.name, this.key)
    for (const key of more) rights.requireTopic('write', exchange.name, key)
  }

  /** Finds the queues, after `open`. `more` are further routing keys. */
  find(more: readonly string[], headers: LazyHeaders): void {
    const { router } = this.vhost
    if (this.epoch === router.epoch && more.length === 0) return
    const queues: Queue[] = []
    router.route(this.exchange as Exchange, this.key, more, headers, queues)
    this.queues = queues
    this.keeps = router.keeps
    this.checked = isUnderContract(this.broker, this.exchange, queues)
    this.more = more
    this.epoch = router.once || more.length > 0 ? NEVER : router.epoch
  }

  private same(b: Uint8Array, at: number, length: number): boolean {
    if (length !== this.length) return false
    const { bytes } = this
    for (let i = length - 1; i >= 0; i--) if (bytes[i] !== b[at + i]) return false
    return true
  }

  private resolve(b: Uint8Array, at: number, end: number): void {
    this.length = -1
    this.epoch = NEVER
    const { exchange, routingKey, mandatory, immediate } = decodeArguments(basic.publish, b, at, end, true)
    if (immediate) throw new AmqpError('not-implemented', 'immediate=true')
    this.rights.require('write', 'exchange', exchange)
    const found = this.vhost.router.exchanges.get(exchange)
    if (found === undefined) {
      throw new AmqpError('not-found', `no exchange '${exchange}' in vhost '${this.vhost.name}'`)
    }
    if (found.properties.internal) {
      throw new AmqpError(
        'access-refused',
        `cannot publish to internal exchange '${exchange}' in vhost '${this.vhost.name}'`,
      )
    }
    this.exchange = found
    this.key = routingKey
    this.mandatory = mandatory
    const direct = exchange === '' && routingKey.startsWith(REPLY_TO_PREFIX)
    this.replyToken = direct ? routingKey.slice(REPLY_TO_PREFIX.length) : null
    this.bytes.set(b.subarray(at, end))
    this.length = end - at
    this.exchangeEpoch = this.vhost.router.epoch
  }
}

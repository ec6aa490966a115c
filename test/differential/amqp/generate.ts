import type { Dice } from '../../../sim/random.ts'
import { type Field, type Table, tableOf } from '../../../src/wire/amqp/field.ts'
import type { Properties } from '../../../src/wire/amqp/properties.ts'
import { Arguments } from './arguments.ts'
import { type Command, SEATS, type Seat, type Verb } from './command.ts'
import type { Names } from './names.ts'
import { drawTheme, type Theme } from './theme.ts'

const KEYS = ['a', 'a.b', 'a.b.c', 'b', '', 'a..b', 'b.a.b.a'] as const
const PATTERNS = ['a', '#', 'a.*', 'a.#', '*.b', 'b', '', '#.b', '*', 'a.*.b', '#.a.#', '*.#.*', 'a..b'] as const
const TYPES = ['direct', 'fanout', 'topic', 'headers'] as const

const FURTHER_PROPERTIES: readonly Properties[] = [
  { contentType: 'text/plain', contentEncoding: 'identity' },
  { correlationId: 'c', replyTo: 'somewhere' },
  { timestamp: 1_700_000_000, type: 't', appId: 'a' },
]

/** Who gets a message depends on chance, or on a hash: only with one destination do two brokers agree. */
const DRAWN: readonly string[] = ['x-consistent-hash', 'x-modulus-hash', 'x-random', 'x-local-random']

/** The exchange types that not every broker has: a real RabbitMQ has most of them by plugins. */
export const FURTHER_TYPES: readonly string[] = [...DRAWN, 'x-recent-history']

/** Makes the commands of one sequence, knowing a little of what should be there. */
export class Generator {
  private readonly dice: Dice
  private readonly names: Names
  private readonly theme: Theme
  private readonly arguments: Arguments
  /** Which exchanges are of a further type, and are never declared as something else. */
  private readonly further = new Map<string, string>()
  private readonly declared = new Map<string, Table>()
  private readonly made = new Set<string>()
  private readonly tags = new Set<string>()
  private bodies = 0

  /** `further` are those of `FURTHER_TYPES` that both brokers have. */
  constructor(dice: Dice, names: Names, further: readonly string[], theme: Theme = drawTheme(dice)) {
    this.dice = dice
    this.names = names
    this.theme = theme
    this.arguments = new Arguments(dice, names, theme)
    for (const name of names.exchanges)
      if (dice.chance(0.3) && further.length > 0) this.further.set(name, dice.pick(further))
  }

  sequence(length: number): Command[] {
    const { dice, theme } = this
    const commands: Command[] = []
    // Consumers of streams must have said how much they take.
    if (theme.types.includes('stream')) for (const seat of SEATS) commands.push(this.prefetch(seat))
    if (theme.access) commands.push({ seat: dice.pick(['a1', 'b1'] as const), verb: 'log in', user: 'some' })
    for (let n = 0; n < 1 + dice.below(2); n++) commands.push(this.make('queue.declare'))
    while (commands.length < length) commands.push(this.make(this.verb()))
    return commands
  }

  private verb(): Verb {
    const { dice, theme } = this
    const weights: [Verb, number][] = [
      ['queue.declare', 6],
      ['queue.delete', 2],
      ['queue.purge', 1],
      ['queue.bind', 6],
      ['queue.unbind', 2],
      ['exchange.declare', 5],
      ['exchange.delete', 1],
      ['basic.publish', 28],
      ['basic.get', 7],
      ['basic.consume', 8],
      ['basic.cancel', 2],
      ['basic.ack', 7],
      ['basic.nack', 6],
      ['basic.reject', 4],
      ['basic.qos', 2],
      ['basic.recover', 1],
      ['basic.recover-async', 0.5],
      ['confirm.select', theme.transactions ? 0.5 : 3],
      ['channel.close', 1],
      ['connection.close', 0.7],
      ['exchange.bind', theme.topology ? 4 : 0.5],
      ['exchange.unbind', theme.topology ? 3 : 0.2],
      ['tx.select', theme.transactions ? 4 : 0.3],
      ['tx.commit', theme.transactions ? 5 : 0.3],
      ['tx.rollback', theme.transactions ? 2 : 0.3],
      ['policy.set', theme.policies ? 7 : 0],
      ['policy.clear', theme.policies ? 2 : 0],
      ['log in', theme.access ? 2 : 0],
      ['wait', theme.ttl ? 4 : 0],
    ]
    let at = dice.unit() * weights.reduce((sum, [, weight]) => sum + weight, 0)
    for (const [verb, weight] of weights) if ((at -= weight) < 0) return verb
    return 'basic.publish'
  }

  private make(verb: Verb): Command {
    const { dice } = this
    const seat: Seat = dice.pick(SEATS)
    const key = dice.pick(KEYS)
    switch (verb) {
      case 'queue.declare':
        return this.queueDeclare(seat)
      case 'exchange.declare':
        return this.exchangeDeclare(seat)
      case 'queue.delete':
        return { seat, verb, queue: this.queue(), ifUnused: dice.chance(0.3), ifEmpty: dice.chance(0.3) }
      case 'queue.purge':
        return { seat, verb, queue: this.queue() }
      case 'queue.bind':
      case 'queue.unbind':
        return this.bindQueue(seat, verb)
      case 'exchange.bind':
      case 'exchange.unbind': {
        const source = this.source()
        const args = this.arguments.match()
        return { seat, verb, source, destination: this.exchange(), key: dice.pick(PATTERNS), args }
      }
      case 'exchange.delete':
        return { seat, verb, exchange: this.exchange(), ifUnused: dice.chance(0.5) }
      case 'basic.publish':
        return this.publish(seat, key)
      case 'basic.get':
        return { seat, verb, queue: this.queue(), noAck: dice.chance(0.3) }
      case 'basic.consume':
        return this.consume(seat)
      case 'basic.cancel':
        return { seat, verb, tag: this.tags.size > 0 ? dice.pick([...this.tags]) : 'nobody' }
      case 'basic.qos':
        return this.prefetch(seat)
      case 'log in':
        return { seat, verb, user: dice.pick(['guest', 'some'] as const) }
      case 'policy.set':
        return { seat, verb, ...this.arguments.policy(dice.pick(this.names.policies)) }
      case 'policy.clear':
        return { seat, verb, name: dice.pick(this.names.policies), operator: dice.chance(0.3) }
      case 'basic.recover':
      case 'basic.recover-async':
        return { seat, verb, requeue: !this.illegal() }
      case 'wait':
        return { seat, verb, ms: 120 }
      case 'basic.ack':
      case 'basic.nack':
      case 'basic.reject':
        return { seat, verb, which: this.which(), requeue: dice.chance(0.5) }
      default:
        return { seat, verb }
    }
  }

  private prefetch(seat: Seat): Command {
    const { dice, theme } = this
    const few = theme.types.includes('stream') ? [1, 2, 5, 5, 5] : [0, 1, 2, 5]
    return { seat, verb: 'basic.qos', prefetch: dice.pick(few), global: dice.chance(0.2) }
  }

  private illegal(): boolean {
    return this.arguments.illegal()
  }

  private which(): number | 'all' | 'unknown' {
    if (this.dice.chance(this.theme.illegal / 3)) return 'unknown'
    return this.dice.chance(0.2) ? 'all' : this.dice.below(4)
  }

  private queue(): string {
    const { dice, names, declared } = this
    if (declared.size > 0 && !this.illegal()) return dice.pick([...declared.keys()])
    return dice.pick(names.queues)
  }

  private exchange(): string {
    const { dice, names, made } = this
    if (this.illegal()) return dice.pick(['', 'amq.direct', 'amq.topic', ...names.exchanges])
    return made.size > 0 ? dice.pick([...made]) : dice.pick(names.exchanges)
  }

  /** An exchange that may lead to several destinations. */
  private source(): string {
    const exchange = this.exchange()
    return DRAWN.includes(this.further.get(exchange) ?? '') ? 'amq.fanout' : exchange
  }

  private bindQueue(seat: Seat, verb: 'queue.bind' | 'queue.unbind'): Command {
    const { dice, names } = this
    const exchange = this.exchange()
    const type = this.further.get(exchange) ?? ''
    const only = DRAWN.includes(type) ? names.queues[names.exchanges.indexOf(exchange)]! : null
    // To a consistent hash a binding's key is its weight, and a second binding to a queue means nothing more.
    const weight = type === 'x-consistent-hash' ? (this.illegal() ? dice.pick(['0', 'a', '-1', '']) : '1') : null
    const args = type === 'x-consistent-hash' ? tableOf({}) : this.arguments.match()
    return { seat, verb, queue: only ?? this.queue(), exchange, key: weight ?? dice.pick(PATTERNS), args }
  }

  private queueDeclare(seat: Seat): Command {
    const { dice, names, declared } = this
    const queue = this.illegal() ? dice.pick(['amq.mine', ...names.queues]) : dice.pick(names.queues)
    const known = declared.get(queue)
    const again = known !== undefined && dice.chance(0.6)
    const args = again ? known : this.arguments.queue()
    const type = args.get('x-queue-type')?.value
    const passive = known !== undefined ? dice.chance(0.2) : this.illegal()
    const replicated = type === 'quorum' || type === 'stream'
    const exclusive = replicated ? this.illegal() : dice.chance(0.1)
    const autoDelete = replicated ? this.illegal() : dice.chance(0.1)
    const durable = replicated ? !this.illegal() : !exclusive && dice.chance(0.7)
    if (!passive && !declared.has(queue)) declared.set(queue, args)
    return { seat, verb: 'queue.declare', queue, passive, durable, exclusive, autoDelete, args }
  }

  private exchangeDeclare(seat: Seat): Command {
    const { dice, names, made } = this
    const exchange = this.illegal() ? dice.pick(['', 'amq.topic', 'amq.mine']) : dice.pick(names.exchanges)
    const plain = this.illegal() ? dice.pick(['', 'nosuch']) : dice.pick(TYPES)
    const type = this.further.get(exchange) ?? plain
    const args = this.arguments.exchange(type)
    const passive = made.has(exchange) && dice.chance(0.2)
    if (!passive) made.add(exchange)
    const flags = { durable: dice.chance(0.5), autoDelete: dice.chance(0.15), internal: dice.chance(0.1) }
    return { seat, verb: 'exchange.declare', exchange, type, passive, ...flags, args }
  }

  private publish(seat: Seat, key: string): Command {
    const { dice, theme } = this
    const direct = dice.chance(0.6)
    const exchange = direct ? '' : this.exchange()
    const headers: Record<string, Field | string | number | boolean> = this.arguments.headers(0.3)
    if (dice.chance(0.07)) headers.CC = this.copies()
    if (dice.chance(0.05)) headers.BCC = this.copies()
    const properties: Record<string, unknown> = {}
    if (Object.keys(headers).length > 0) properties.headers = tableOf(headers)
    if (dice.chance(0.5)) properties.deliveryMode = dice.pick([1, 2])
    if (dice.chance(theme.priorities ? 0.7 : 0.1)) properties.priority = dice.pick([0, 1, 2, 3, 5, 9, 40, 255])
    if (dice.chance(theme.ttl ? 0.3 : 0))
      properties.expiration = this.illegal() ? 'soon' : dice.pick(['0', '40', '60000'])
    if (dice.chance(0.1)) properties.messageId = 'm'
    if (dice.chance(0.1)) Object.assign(properties, dice.pick(FURTHER_PROPERTIES))
    if (dice.chance(0.05)) properties.userId = this.illegal() ? 'somebody' : 'guest'
    const body = dice.chance(0.05) ? '' : `m${++this.bodies}`
    const routingKey = direct ? this.queue() : key
    const mandatory = dice.chance(0.3)
    return {
      seat,
      verb: 'basic.publish',
      exchange,
      key: routingKey,
      mandatory,
      properties: properties as Properties,
      body,
    }
  }

  private copies(): Field {
    if (this.illegal()) return { type: 'I', value: 5 }
    return { type: 'A', value: [{ type: 'S', value: this.queue() }] }
  }

  private consume(seat: Seat): Command {
    const { dice, tags } = this
    const tag = this.illegal() && tags.size > 0 ? dice.pick([...tags]) : `${seat}-c${tags.size}`
    tags.add(tag)
    const args = this.arguments.consumer(this.theme.types)
    const flags = { noAck: dice.chance(0.25), exclusive: dice.chance(0.08) }
    return { seat, verb: 'basic.consume', queue: this.queue(), tag, ...flags, args }
  }
}

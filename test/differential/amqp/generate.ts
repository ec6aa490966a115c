import type { Dice } from '../../../sim/random.ts'
import { type Field, type Table, tableOf } from '../../../src/wire/amqp/field.ts'
import type { Properties } from '../../../src/wire/amqp/properties.ts'
import { type Command, SEATS, type Seat, type Verb } from './command.ts'

/** The names that one sequence uses: nobody else has them. */
export interface Names {
  readonly queues: readonly string[]
  readonly exchanges: readonly string[]
}

export function namesFor(prefix: string): Names {
  return {
    queues: [0, 1, 2, 3].map((n) => `${prefix}-q${n}`),
    exchanges: [0, 1, 2].map((n) => `${prefix}-x${n}`),
  }
}

/**
 * What a sequence is about. A sequence in which everything happens a little never gets deep into anything, so each has a few
 * of these only.
 */
export interface Theme {
  readonly types: readonly ('classic' | 'quorum')[]
  readonly limits: boolean
  readonly ttl: boolean
  readonly deadLetters: boolean
  readonly priorities: boolean
  readonly transactions: boolean
  readonly topology: boolean
  /** How often something is asked that can't be had. */
  readonly illegal: number
}

export function drawTheme(dice: Dice): Theme {
  return {
    types: dice.pick([['classic'], ['classic'], ['quorum'], ['classic', 'quorum']] as const),
    limits: dice.chance(0.4),
    ttl: dice.chance(0.25),
    deadLetters: dice.chance(0.5),
    priorities: dice.chance(0.3),
    transactions: dice.chance(0.15),
    topology: dice.chance(0.5),
    illegal: dice.pick([0.02, 0.1, 0.3]),
  }
}

const KEYS = ['a', 'a.b', 'a.b.c', 'b'] as const
const PATTERNS = ['a', '#', 'a.*', 'a.#', '*.b', 'b', ''] as const
const BAD: readonly Field[] = [
  { type: 'S', value: 'seven' },
  { type: 'I', value: -1 },
  { type: 'd', value: 1.5 },
  { type: 't', value: true },
]

/** Makes the commands of one sequence, knowing a little of what should be there. */
export class Generator {
  private readonly dice: Dice
  private readonly names: Names
  private readonly theme: Theme
  private readonly declared = new Map<string, Table>()
  private readonly made = new Set<string>()
  private readonly tags = new Set<string>()
  private bodies = 0

  constructor(dice: Dice, names: Names, theme: Theme = drawTheme(dice)) {
    this.dice = dice
    this.names = names
    this.theme = theme
  }

  sequence(length: number): Command[] {
    const commands: Command[] = []
    for (let n = 0; n < 1 + this.dice.below(2); n++) commands.push(this.make('queue.declare'))
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
      ['queue.unbind', 1],
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
      ['confirm.select', theme.transactions ? 0.5 : 3],
      ['channel.close', 1],
      ['connection.close', 0.7],
      ['exchange.bind', theme.topology ? 4 : 0.5],
      ['exchange.unbind', theme.topology ? 1 : 0.2],
      ['tx.select', theme.transactions ? 4 : 0.3],
      ['tx.commit', theme.transactions ? 5 : 0.3],
      ['tx.rollback', theme.transactions ? 2 : 0.3],
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
        return {
          seat,
          verb,
          queue: this.queue(),
          exchange: this.exchange(),
          key: dice.pick(PATTERNS),
          args: this.match(),
        }
      case 'exchange.bind':
      case 'exchange.unbind': {
        const ends = { source: this.exchange(), destination: this.exchange() }
        return { seat, verb, ...ends, key: dice.pick(PATTERNS), args: this.match() }
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
        return { seat, verb, prefetch: dice.pick([0, 1, 2, 5]), global: dice.chance(0.2) }
      case 'basic.recover':
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

  private illegal(): boolean {
    return this.dice.chance(this.theme.illegal)
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
    if (this.illegal()) return dice.pick(['', 'amq.direct', ...names.exchanges])
    return made.size > 0 ? dice.pick([...made]) : dice.pick(names.exchanges)
  }

  private queueDeclare(seat: Seat): Command {
    const { dice, names, declared } = this
    const queue = this.illegal() ? dice.pick(['amq.mine', ...names.queues]) : dice.pick(names.queues)
    const known = declared.get(queue)
    const again = known !== undefined && dice.chance(0.6)
    const args = again ? known : this.queueArguments()
    const type = args.get('x-queue-type')?.value
    const passive = known !== undefined ? dice.chance(0.2) : this.illegal()
    const exclusive = type === 'quorum' ? this.illegal() : dice.chance(0.1)
    const autoDelete = type === 'quorum' ? this.illegal() : dice.chance(0.1)
    const durable = type === 'quorum' ? !this.illegal() : !exclusive && dice.chance(0.7)
    if (!passive && !declared.has(queue)) declared.set(queue, args)
    return { seat, verb: 'queue.declare', queue, passive, durable, exclusive, autoDelete, args }
  }

  private queueArguments(): Table {
    const { dice, theme, names } = this
    const args: Record<string, Field | string | number | boolean> = {}
    const type = dice.pick(theme.types)
    if (type === 'quorum' || dice.chance(0.1)) args['x-queue-type'] = type
    const perhaps = (name: string, chance: number, value: () => Field | string | number | boolean) => {
      if (dice.chance(chance)) args[name] = this.illegal() ? dice.pick(BAD) : value()
    }
    perhaps('x-max-length', theme.limits ? 0.6 : 0, () => dice.pick([0, 1, 2, 3]))
    // Only what is far from the limit: what counts as bytes differs a little, see docs/compatibility.md.
    perhaps('x-max-length-bytes', theme.limits ? 0.2 : 0, () => 1_000_000)
    perhaps('x-overflow', theme.limits ? 0.5 : 0, () =>
      dice.pick(['drop-head', 'reject-publish', 'reject-publish', 'reject-publish-dlx']),
    )
    perhaps('x-message-ttl', theme.ttl ? 0.6 : 0, () => dice.pick([0, 40, 60_000]))
    perhaps('x-expires', theme.ttl ? 0.1 : 0, () => 60_000)
    perhaps('x-dead-letter-exchange', theme.deadLetters ? 0.8 : 0, () => dice.pick(['', ...names.exchanges]))
    perhaps('x-dead-letter-routing-key', theme.deadLetters ? 0.5 : 0, () => dice.pick(names.queues))
    perhaps('x-max-priority', theme.priorities && type === 'classic' ? 0.7 : 0, () => dice.pick([1, 3, 10]))
    perhaps('x-delivery-limit', type === 'quorum' ? 0.3 : 0, () => dice.pick([0, 1, 2]))
    perhaps('x-single-active-consumer', 0.1, () => true)
    if (this.illegal())
      perhaps(dice.pick(['x-delivery-limit', 'x-max-priority', 'x-queue-mode', 'x-unknown']), 1, () => 2)
    return tableOf(args)
  }

  private exchangeDeclare(seat: Seat): Command {
    const { dice, names, made } = this
    const exchange = this.illegal() ? dice.pick(['', 'amq.topic', 'amq.mine']) : dice.pick(names.exchanges)
    const type = this.illegal() ? dice.pick(['', 'nosuch']) : dice.pick(['direct', 'fanout', 'topic', 'headers'])
    const args: Record<string, Field | string> = {}
    if (dice.chance(this.theme.topology ? 0.3 : 0.05)) {
      args['alternate-exchange'] = this.illegal() ? dice.pick(BAD) : dice.pick(names.exchanges)
    }
    const passive = made.has(exchange) && dice.chance(0.2)
    if (!passive) made.add(exchange)
    const flags = { durable: dice.chance(0.5), autoDelete: dice.chance(0.15), internal: dice.chance(0.1) }
    return { seat, verb: 'exchange.declare', exchange, type, passive, ...flags, args: tableOf(args) }
  }

  private match(): Table {
    const { dice } = this
    if (!dice.chance(0.3)) return tableOf({})
    const match = this.illegal() ? 'some' : dice.pick(['all', 'any', 'all-with-x', 'any-with-x'])
    return tableOf({ 'x-match': match, kind: dice.pick(['red', 'blue']), size: dice.pick([1, 2]) })
  }

  private publish(seat: Seat, key: string): Command {
    const { dice, theme } = this
    const direct = dice.chance(0.6)
    const exchange = direct ? '' : this.exchange()
    const headers: Record<string, Field | string | number> = {}
    if (dice.chance(0.3)) headers.kind = dice.pick(['red', 'blue'])
    if (dice.chance(0.2)) headers.size = dice.pick([1, 2])
    if (dice.chance(0.07)) headers.CC = this.copies()
    if (dice.chance(0.05)) headers.BCC = this.copies()
    const properties: Record<string, unknown> = {}
    if (Object.keys(headers).length > 0) properties.headers = tableOf(headers)
    if (dice.chance(0.5)) properties.deliveryMode = dice.pick([1, 2])
    if (dice.chance(theme.priorities ? 0.7 : 0.1)) properties.priority = dice.pick([0, 1, 2, 3, 5, 9, 40, 255])
    if (dice.chance(theme.ttl ? 0.3 : 0))
      properties.expiration = this.illegal() ? 'soon' : dice.pick(['0', '40', '60000'])
    if (dice.chance(0.1)) properties.messageId = 'm'
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
    const args: Record<string, Field | number> = {}
    if (dice.chance(0.15)) args['x-priority'] = this.illegal() ? dice.pick(BAD) : dice.pick([-1, 0, 5])
    const flags = { noAck: dice.chance(0.25), exclusive: dice.chance(0.08) }
    return { seat, verb: 'basic.consume', queue: this.queue(), tag, ...flags, args: tableOf(args) }
  }
}

import type { Dice } from '../../../sim/random.ts'
import { type Field, type Table, tableOf } from '../../../src/wire/amqp/field.ts'
import type { Policy } from './command.ts'
import type { Names } from './names.ts'
import type { Theme } from './theme.ts'

type Value = Field | string | number | boolean

const BAD: readonly Field[] = [
  { type: 'S', value: 'seven' },
  { type: 'I', value: -1 },
  { type: 'd', value: 1.5 },
  { type: 't', value: true },
]

/** Whether it is one of those that are wrong wherever a word is wanted. */
export function isWrong(field: Field): boolean {
  return BAD.some(({ type, value }) => type === field.type && value === field.value)
}

/** How long what is delayed, expires or waits takes: soon enough to be seen, or not within a sequence. */
const TIMES = [40, 60_000] as const

/** What comes with commands in tables: arguments, headers, definitions of policies. Some of it is wrong, as often as the theme has it. */
export class Arguments {
  private readonly dice: Dice
  private readonly names: Names
  private readonly theme: Theme

  constructor(dice: Dice, names: Names, theme: Theme) {
    this.dice = dice
    this.names = names
    this.theme = theme
  }

  illegal(): boolean {
    return this.dice.chance(this.theme.illegal)
  }

  bad(): Field {
    return this.dice.pick(BAD)
  }

  queue(): Table {
    const { dice, theme, names } = this
    const args: Record<string, Value> = {}
    const type = dice.pick(theme.types)
    if (type !== 'classic' || dice.chance(0.1)) args['x-queue-type'] = type
    const perhaps = (name: string, chance: number, value: () => Value) => {
      if (dice.chance(chance)) args[name] = this.illegal() ? this.bad() : value()
    }
    if (type === 'stream' && !this.illegal()) {
      perhaps('x-max-age', 0.3, () => dice.pick(['1D', '5m', '2Y', '10x']))
      perhaps('x-max-length-bytes', 0.3, () => 1_000_000_000)
      perhaps('x-stream-max-segment-size-bytes', 0.3, () => 1_000_000)
      perhaps('x-stream-filter-size-bytes', 0.3, () => dice.pick([16, 255, 256]))
      perhaps('x-initial-cluster-size', 0.2, () => 1)
      perhaps('x-queue-leader-locator', 0.2, () => dice.pick(['client-local', 'balanced', 'nearest']))
      return tableOf(args)
    }
    perhaps('x-max-length', theme.limits ? 0.6 : 0, () => dice.pick([0, 1, 2, 3]))
    // Only what is far from the limit: what counts as bytes differs a little, see docs/compatibility.md.
    perhaps('x-max-length-bytes', theme.limits ? 0.2 : 0, () => 1_000_000)
    perhaps('x-overflow', theme.limits ? 0.5 : 0, () =>
      dice.pick(['drop-head', 'reject-publish', 'reject-publish', 'reject-publish-dlx']),
    )
    perhaps('x-message-ttl', theme.ttl ? 0.6 : 0, () => dice.pick([0, ...TIMES]))
    perhaps('x-expires', theme.ttl ? 0.1 : 0, () => 60_000)
    perhaps('x-dead-letter-exchange', theme.deadLetters ? 0.8 : 0, () => dice.pick(['', ...names.exchanges]))
    perhaps('x-dead-letter-routing-key', theme.deadLetters ? 0.5 : 0, () => dice.pick(names.queues))
    perhaps('x-max-priority', theme.priorities && type === 'classic' ? 0.7 : 0, () => dice.pick([1, 3, 10]))
    perhaps('x-single-active-consumer', 0.1, () => true)
    if (type === 'classic') perhaps('x-queue-version', 0.05, () => 2)
    if (type === 'quorum') this.quorum(perhaps)
    const others = ['x-delivery-limit', 'x-max-priority', 'x-queue-mode', 'x-max-age', 'x-unknown', 'x-stream-offset']
    if (this.illegal()) perhaps(dice.pick(others), 1, () => 2)
    return tableOf(args)
  }

  private quorum(perhaps: (name: string, chance: number, value: () => Value) => void): void {
    const { dice, theme } = this
    perhaps('x-delivery-limit', 0.3, () => dice.pick([0, 1, 2]))
    perhaps('x-delayed-retry-type', 0.2, () => dice.pick(['all', 'failed', 'returned', 'disabled']))
    perhaps('x-delayed-retry-min', 0.2, () => dice.pick(TIMES))
    perhaps('x-delayed-retry-max', 0.1, () => 60_000)
    perhaps('x-consumer-timeout', 0.1, () => 60_000)
    perhaps('x-dead-letter-strategy', theme.deadLetters ? 0.1 : 0, () => 'at-most-once')
    perhaps('x-quorum-initial-group-size', 0.1, () => 1)
    perhaps('x-queue-leader-locator', 0.1, () => dice.pick(['client-local', 'balanced', 'nearest']))
    perhaps('x-max-in-memory-length', 0.1, () => 5)
    perhaps('x-max-in-memory-bytes', 0.05, () => 5000)
    perhaps('x-consumer-disconnected-timeout', 0.05, () => 60_000)
  }

  exchange(type: string): Table {
    const { dice, names, theme } = this
    const args: Record<string, Value> = {}
    if (dice.chance(theme.topology ? 0.3 : 0.05)) {
      args['alternate-exchange'] = this.illegal() ? this.bad() : dice.pick(names.exchanges)
    }
    if (type === 'x-consistent-hash') {
      if (dice.chance(0.5)) args['hash-header'] = dice.pick(['kind', 'nowhere'])
      if (dice.chance(0.5)) args['hash-property'] = dice.pick(['message_id', 'correlation_id', 'color'])
    }
    if (type === 'x-recent-history' && dice.chance(0.5)) args['x-recent-history-length'] = dice.pick([1, 2, 20])
    return tableOf(args)
  }

  /** What a headers exchange matches. */
  match(): Table {
    const { dice } = this
    if (!dice.chance(0.4)) return tableOf({})
    const args: Record<string, Value> = {}
    if (dice.chance(0.9)) {
      args['x-match'] = this.illegal() ? 'some' : dice.pick(['all', 'any', 'all-with-x', 'any-with-x'])
    }
    for (const [name, value] of Object.entries(this.headers(0.6))) args[name] = value
    // Without a value, that a message has it is enough.
    if (dice.chance(0.1)) args.kind = { type: 'V', value: null }
    return tableOf(args)
  }

  /** Headers that bindings may be about. */
  headers(chance: number): Record<string, Value> {
    const { dice } = this
    const headers: Record<string, Value> = {}
    if (dice.chance(chance)) headers.kind = dice.pick(['red', 'blue'])
    if (dice.chance(chance / 2)) headers.size = dice.pick([1, 2])
    if (dice.chance(chance / 6))
      headers.size = dice.pick<Field>([
        { type: 'l', value: 1 },
        { type: 's', value: 1 },
        { type: 'd', value: 1 },
        { type: 'S', value: '1' },
      ])
    if (dice.chance(chance / 4)) headers['x-own'] = dice.pick(['a', 'b'])
    if (dice.chance(chance / 2)) headers.yes = dice.chance(0.5)
    return headers
  }

  consumer(types: Theme['types']): Table {
    const { dice } = this
    const args: Record<string, Value> = {}
    if (dice.chance(0.15)) args['x-priority'] = this.illegal() ? this.bad() : dice.pick([-1, 0, 5])
    if (types.includes('stream') && dice.chance(0.7)) {
      args['x-stream-offset'] = this.illegal()
        ? this.bad()
        : dice.pick<Value>(['first', 'next', { type: 'l', value: 1 }, 0])
    }
    if (dice.chance(0.03)) args['x-consumer-timeout'] = this.illegal() ? this.bad() : 60_000
    return tableOf(args)
  }

  policy(name: string): Policy {
    const { dice, names } = this
    const definition: Record<string, string | number> = {}
    const operator = dice.chance(0.3)
    const settings: readonly [string, () => string | number][] = [
      ['max-length', () => dice.pick([0, 1, 2])],
      ['overflow', () => dice.pick(['drop-head', 'reject-publish'])],
      ['message-ttl', () => dice.pick([0, 40, 60_000])],
      ['delivery-limit', () => dice.pick([0, 1, 2])],
      ['expires', () => 60_000],
      ['dead-letter-exchange', () => dice.pick(['', ...names.exchanges])],
      ['dead-letter-routing-key', () => dice.pick(names.queues)],
      ['alternate-exchange', () => dice.pick(names.exchanges)],
      ['delayed-retry-type', () => dice.pick(['all', 'failed', 'returned', 'disabled'])],
      ['delayed-retry-min', () => 60_000],
      ['delayed-retry-max', () => 60_000],
      ['max-length-bytes', () => 1_000_000],
      ['dead-letter-strategy', () => 'at-most-once'],
      ['consumer-timeout', () => 60_000],
      ['max-age', () => dice.pick(['1D', '10x'])],
      ['stream-max-segment-size-bytes', () => 1_000_000],
      ['queue-leader-locator', () => dice.pick(['client-local', 'balanced'])],
    ]
    for (let n = 0; n < 1 + dice.below(4); n++) {
      const [key, value] = dice.pick(settings)
      definition[key] = this.illegal() ? dice.pick(['seven', -1, 1.5]) : value()
    }
    const pattern = `^${names.prefix}-${dice.pick(['q0$', 'q[01]$', 'q', 'x0$', ''])}`
    const applyTo = dice.pick(['all', 'queues', 'exchanges', 'classic_queues', 'quorum_queues', 'streams'])
    return { name, operator, pattern, definition, priority: dice.below(3), applyTo }
  }
}

import type { Broker } from '../../src/broker/broker.ts'
import { publish, roomFor } from '../../src/broker/queue/publish.ts'
import type { Json } from '../../src/core/policy/parameters.ts'
import type { Answer, Arguments } from '../../src/server/control/command.ts'
import { dispatch } from '../../src/server/control/dispatch.ts'
import { rule } from '../failure.ts'
import type { Actor, World } from '../world.ts'
import { checkTenants, tenantState } from './state.ts'

/** More than any command here needs in the journal. */
const ROOM = 12_000
const TENANTS = ['v0', 'v1']
const USERS = ['u0', 'u1', 'u2']
const NAMES = ['q0', 'q1', 'q2']
const PATTERNS = ['^q', '0$', '^q[12]', '.*', 'nothing']
/** The first exchange of every vhost. */
const FANOUT = 'amq.fanout'

/**
 * Makes users, vhosts, permissions, policies and queues, and deletes them, as an operator does over the command line. What was answered
 * survives every crash; of what was not, a beginning does.
 */
export class Steward implements Actor {
  private readonly world: World
  /** How everything looked after the last command that was answered, and after each one since. */
  private states: string[] = []
  /** The command after which `states[0]` was seen. */
  private first = 0
  private commands = 0
  private life = 0
  private waiting = 0
  /** A definitions file is on its way in: how far it came nobody knows. */
  private importing = false

  constructor(world: World) {
    this.world = world
  }

  begin(): void {
    this.later()
  }

  drain(): void {}

  done(): boolean {
    this.look()
    return this.waiting === 0
  }

  end(): void {
    this.look()
    rule(this.states.length > 0, 'the steward has seen nothing')
  }

  toString(): string {
    return `the steward waits for ${this.waiting} answers`
  }

  private later(): void {
    this.world.clock.after(this.world.dice.unit() * 20, () => {
      this.look()
      const broker = this.world.process?.broker
      if (broker !== undefined && !this.world.draining && !this.importing) this.act(broker)
      this.later()
    })
  }

  /** What is there has to be what was there before, or after a crash what was promised. */
  private look(): void {
    const { world } = this
    const broker = world.process?.broker
    if (broker === undefined) return
    const now = tenantState(broker)
    checkTenants(broker)
    if (this.life === world.life) {
      const known = this.states[this.states.length - 1]
      rule(this.importing || known === now, `users and vhosts have changed by themselves from ${known} to ${now}`)
      return
    }
    const at = this.states.lastIndexOf(now)
    const lost = `users and vhosts are back at ${now}, but ${this.states[0]} was promised`
    rule(this.life === 0 || this.importing || at >= 0, lost)
    if (this.life > 0) world.add('tenants recovered')
    this.life = world.life
    this.waiting = 0
    this.importing = false
    this.states = [now]
    this.first = this.commands
  }

  private act(broker: Broker): void {
    const { dice } = this.world
    for (let n = dice.between(1, 3); n > 0; n--) {
      if (dice.chance(0.3)) this.send(broker)
      else if (!broker.hasRoomForDefinition(ROOM, false)) return
      else if (dice.chance(0.03)) {
        this.load(broker)
        return
      } else this.ask(broker, ...this.choose())
    }
  }

  /** Asks for something; what comes of it is known at once, and promised when it is answered. */
  private ask(broker: Broker, command: string, args: Arguments): void {
    const { life } = this.world
    const number = ++this.commands
    this.waiting++
    dispatch(broker, command, args, (answer) => {
      if (life === this.world.life) this.answered(number, answer)
    })
    if (command === 'users set') {
      const tags = broker.access.user(String(args.name))?.tags
      rule(
        tags?.join() === args.tags,
        `${String(args.name)} has the tags ${String(tags)} instead of ${String(args.tags)}`,
      )
    }
    if (this.life === life && this.waiting > 0) this.states.push(tenantState(broker))
    checkTenants(broker)
  }

  private answered(number: number, { ok }: Answer): void {
    this.waiting--
    this.world.add(ok ? 'tenant commands done' : 'tenant commands refused')
    const gone = number - this.first
    if (gone <= 0) return
    // One that is answered before it returns has no state of its own yet.
    this.states.splice(0, Math.min(gone, this.states.length - 1))
    this.first = number
  }

  private load(broker: Broker): void {
    const { life, dice } = this.world
    const vhost = dice.pick(TENANTS)
    this.importing = true
    this.waiting++
    this.commands++
    const definitions = {
      users: [{ name: dice.pick(USERS), tags: 'loaded' }],
      vhosts: [{ name: vhost }],
      queues: NAMES.map((name) => ({ name, vhost })),
      bindings: NAMES.map((destination) => {
        return { source: FANOUT, destination, destination_type: 'queue', vhost }
      }),
    }
    dispatch(broker, 'definitions import', { definitions }, () => {
      if (life !== this.world.life) return
      this.waiting--
      this.importing = false
      this.first = this.commands
      this.states = [tenantState(broker)]
      this.world.add('definitions loaded')
    })
  }

  private choose(): [command: string, args: Arguments] {
    const { dice } = this.world
    const [name, vhost, user, key] = [dice.pick(NAMES), dice.pick(TENANTS), dice.pick(USERS), dice.pick(PATTERNS)]
    const number = String(dice.between(1, 9))
    const all: readonly (readonly [string, { readonly [key: string]: Json }])[] = [
      ['users set', { name: user, tags: `t${number}`, password: number, 'max-channels': number }],
      ['users set', { name: user, tags: 'impersonator' }],
      ['users delete', { name: user }],
      ['vhosts set', { name: vhost, description: number }],
      ['vhosts set', { name: vhost, tags: number }],
      ['vhosts limit', { name: vhost, 'max-queues': number }],
      ['vhosts delete', { name: vhost }],
      ['permissions set', { user, vhost, configure: key, write: key, read: '' }],
      ['permissions clear', { user, vhost }],
      ['topic-permissions set', { user, vhost, exchange: 'amq.topic', write: key, read: key }],
      ['policies set', { vhost, name, pattern: key, definition: `{"max-length":${number}}`, priority: number }],
      ['policies set', { vhost, name, pattern: key, definition: `{"max-length":${number}}`, operator: true }],
      ['policies delete', { vhost, name, operator: dice.chance(0.5) }],
      ['parameters set', { vhost, component: 'shovel', name, value: number }],
      ['queues add', { vhost, name }],
      ['queues add', { vhost, name, arguments: `{"x-max-length":${number}}` }],
      ['queues delete', { vhost, name }],
      ['bindings add', { vhost, source: FANOUT, destination: name, key }],
      ['bindings delete', { vhost, source: FANOUT, destination: name, key }],
    ]
    const [command, args] = dice.pick(all)
    return [command, args]
  }

  /** Messages that a deleted vhost has to let go of, and that a policy may be too much for. */
  private send(broker: Broker): void {
    const queues = [...(broker.vhosts.get(this.world.dice.pick(TENANTS))?.queues.values() ?? [])]
    if (queues.length === 0 || !broker.hasRoom(roomFor(200, queues))) return
    const bytes = Buffer.concat([Buffer.from([0, 0, 0xce]), Buffer.alloc(100, 'x')])
    const where = { bytes, keysAt: 0, keysLength: 2, contentAt: 2, contentLength: bytes.length - 2 }
    publish(broker, queues, { ...where, persistent: true, expiry: 0, priority: 0 })
    this.world.add('messages of tenants')
  }
}

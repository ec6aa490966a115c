import { dispatch } from '../../src/server/control/dispatch.ts'
import { EMPTY_TABLE } from '../../src/wire/amqp/field.ts'
import { basic, queue } from '../../src/wire/amqp/methods.ts'
import { AmqpLink } from '../amqp/link.ts'
import type { Actor, World } from '../world.ts'

/** The vhost in which they work; nobody else does. */
export const RENTED = 'rented'

/** What a client is told when the vhost goes, and when it is not there, or not for it. */
const EXPECTED: readonly number[] = [320, 530, 403]

/** Works in a vhost that comes and goes: declares, binds, publishes, consumes, purges and deletes, and is closed with it. */
export class TenantClient implements Actor {
  private readonly world: World
  private link: AmqpLink | null = null

  constructor(world: World) {
    this.world = world
  }

  begin(): void {
    this.later(() => this.connect())
  }

  drain(): void {}

  done(): boolean {
    return true
  }

  end(): void {}

  private later(run: () => void): void {
    this.world.clock.after(this.world.dice.skewed(30) + this.world.dice.unit(), run)
  }

  private connect(): void {
    const wire = this.world.net.connect(5672)
    if (wire === null) {
      this.later(() => this.connect())
      return
    }
    const events = {
      ready: () => {
        this.world.add('clients of tenants')
        this.later(() => this.act(link))
      },
      received: () => {},
      refused: () => true,
      expelled: (code: number) => {
        if (code === 320) this.world.add('clients of tenants closed')
        return EXPECTED.includes(code)
      },
      closed: () => {
        if (this.link !== link) return
        this.link = null
        this.world.clock.after(50, () => this.connect())
      },
    }
    const link = new AmqpLink(wire, events, RENTED)
    this.link = link
  }

  private act(link: AmqpLink): void {
    const { dice, draining } = this.world
    if (this.link !== link || !link.open || link.closing) return
    if (!draining) {
      for (let n = dice.between(1, 5); n > 0; n--) this.say(link)
      link.flush()
    }
    this.later(() => this.act(link))
  }

  private say(link: AmqpLink): void {
    const { dice } = this.world
    const name = dice.pick(['q0', 'q1'])
    const what = dice.below(100)
    const common = { ticket: 0, queue: name, nowait: false }
    if (what < 20) {
      const flags = { passive: false, durable: true, exclusive: false, autoDelete: false }
      link.send(queue.declare, { ...common, ...flags, arguments: EMPTY_TABLE })
    } else if (what < 30) {
      link.send(queue.bind, { ...common, exchange: 'amq.fanout', routingKey: 'k', arguments: EMPTY_TABLE })
    } else if (what < 70) link.publish('amq.fanout', '', { deliveryMode: 2 }, new Uint8Array(dice.skewed(300)))
    else if (what < 80) link.send(basic.get, { ticket: 0, queue: name, noAck: true })
    else if (what < 85) {
      const flags = { noLocal: false, noAck: true, exclusive: false, consumerTag: '', arguments: EMPTY_TABLE }
      link.send(basic.consume, { ...common, ...flags })
    } else if (what < 93) link.send(queue.purge, common)
    else link.send(queue.delete, { ...common, ifUnused: false, ifEmpty: false })
  }
}

/** Makes the vhost, lets clients in, and deletes it with all of them in it. */
export class Landlord implements Actor {
  private readonly world: World

  constructor(world: World) {
    this.world = world
  }

  begin(): void {
    this.act()
  }

  drain(): void {}

  done(): boolean {
    return true
  }

  end(): void {}

  private act(): void {
    const { dice, clock, process } = this.world
    const broker = process?.broker
    if (broker !== undefined && !this.world.draining) {
      const ask = (command: string, args: Record<string, string>) => dispatch(broker, command, args, () => {})
      if (!broker.vhosts.has(RENTED)) {
        ask('vhosts set', { name: RENTED })
        ask('permissions set', { user: 'guest', vhost: RENTED, configure: '.*', write: '.*', read: '.*' })
      } else if (dice.chance(0.2)) ask('vhosts delete', { name: RENTED })
    }
    clock.after(20 + dice.unit() * 500, () => this.act())
  }
}

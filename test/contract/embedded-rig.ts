import { type ChannelModel, connect } from 'amqplib'
import { type Contracted, listContracts } from '../../src/broker/contract/list.ts'
import { setPolicy } from '../../src/broker/policy/parameter.ts'
import { register } from '../../src/broker/subject/register.ts'
import { readName } from '../../src/core/subject/name.ts'
import { isRefused } from '../../src/core/subject/refusals.ts'
import { busOver } from '../../src/engines/connect.ts'
import type { FEATURES } from '../../src/engines/embedded/engine.ts'
import { Life } from '../../src/engines/embedded/life.ts'
import { MemoryDisk } from '../../src/env/memory-disk.ts'
import type { Bus } from '../../src/sdk/bus.ts'
import { silent } from '../../src/sdk/logger.ts'
import { MovableClock } from '../../src/testing/movable-clock.ts'

/** Turns of the event loop in which what is at hand gets done. */
const TURNS = 12

/** A broker in memory with the SDK in its process, a port for AMQP, and a clock that can be moved. */
export class EmbeddedRig {
  readonly life: Life
  readonly bus: Bus<typeof FEATURES>
  private readonly clock: MovableClock
  private amqpConnection: ChannelModel | null = null

  private constructor(life: Life, bus: Bus<typeof FEATURES>, clock: MovableClock) {
    this.life = life
    this.bus = bus
    this.clock = clock
  }

  static async open(): Promise<EmbeddedRig> {
    const clock = new MovableClock()
    const onFatal = (error: Error) => {
      throw error
    }
    const life = await Life.begin({ data: new MemoryDisk(), clock, settings: {}, log: silent, onFatal })
    const bus = await busOver<typeof FEATURES>(life.broker.engine(), {})
    return new EmbeddedRig(life, bus, clock)
  }

  get broker() {
    return this.life.broker.ground.broker
  }

  async stop(): Promise<void> {
    await this.amqpConnection?.close()
    await this.bus.close()
    await this.life.end()
  }

  async amqp(): Promise<ChannelModel> {
    this.amqpConnection ??= await connect(`amqp://127.0.0.1:${await this.life.listen('amqp', 0, silent)}`)
    return this.amqpConnection
  }

  /** Registers a JSON Schema that need not fit the one before it. */
  register(subject: string, schema: object): Promise<void> {
    const given = { type: 'JSON', schema: JSON.stringify(schema), references: [], metadata: null, ruleSet: null }
    const { registry } = this.broker.subjects
    registry.apply({ kind: 'subject-config', subject, config: { compatibilityLevel: 'NONE' } })
    return new Promise((resolve, reject) => {
      register(this.broker, { name: readName(subject), id: null, version: null }, given, null, (outcome) => {
        if (isRefused(outcome)) reject(new Error(outcome.message))
        else resolve()
      })
    })
  }

  /** Gives queues a contract. */
  police(pattern: string, definition: Readonly<Record<string, string>>): Promise<void> {
    return new Promise((resolve, reject) => {
      const given = { pattern, definition, 'apply-to': 'queues' }
      const done = setPolicy(this.broker, '/', 'policy', pattern, given, resolve)
      if (!done.ok) reject(new Error(done.text))
    })
  }

  advance(ms: number): Promise<void> {
    return this.clock.advance(ms, () => this.settle())
  }

  /** How a contract was kept. */
  counts(queue: string): Pick<Contracted['tally'], 'checked' | 'warned' | 'refused' | 'buried' | 'dropped'> {
    for (const { what, name, tally } of listContracts(this.broker)) {
      if (what !== 'queue' || name !== queue) continue
      const { checked, warned, refused, buried, dropped } = tally
      return { checked, warned, refused, buried, dropped }
    }
    throw new Error(`queue '${queue}' has no contract`)
  }

  /** What is at hand is done. */
  private async settle(): Promise<void> {
    const { ground } = this.life.broker
    let at: number
    do {
      at = ground.written
      for (let n = 0; n < TURNS; n++) await new Promise((resolve) => setImmediate(resolve))
      await ground.durable()
    } while (ground.written !== at)
  }
}

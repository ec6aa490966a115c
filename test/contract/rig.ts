import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ChannelModel, connect } from 'amqplib'
import { Kafka, logLevel } from 'kafkajs'
import type { Broker } from '../../src/broker/broker.ts'
import { listContracts } from '../../src/broker/contract/list.ts'
import type { Tally } from '../../src/broker/contract/tally.ts'
import { readConfig } from '../../src/server/config.ts'
import type { Answer, Arguments } from '../../src/server/control/command.ts'
import { dispatch } from '../../src/server/control/dispatch.ts'
import { openLog } from '../../src/server/log.ts'
import { start } from '../../src/server/start.ts'

/** A broker of our own, in this process, behind real ports of all three protocols. */
export class ContractRig {
  readonly broker: Broker
  readonly kafka: Kafka
  readonly amqpPort: number
  private readonly registryUrl: string
  private readonly connections: ChannelModel[] = []
  private readonly end: () => Promise<void>

  private constructor(broker: Broker, ports: Readonly<Record<string, number>>, end: () => Promise<void>) {
    this.broker = broker
    this.amqpPort = ports.amqp!
    this.registryUrl = `http://127.0.0.1:${ports.http}`
    this.kafka = new Kafka({ brokers: [`127.0.0.1:${ports.kafka}`], logLevel: logLevel.NOTHING, retry: { retries: 0 } })
    this.end = end
  }

  static async open(): Promise<ContractRig> {
    const data = mkdtempSync(join(tmpdir(), 'posthorn-contract-'))
    const flags = { data, 'log-level': 'error', 'journal-ring': '4MiB', 'journal-file': '4MiB' }
    const protocols = ['amqp', 'kafka', 'http'] as const
    const listen = protocols.map((protocol) => `${protocol}://127.0.0.1:0`)
    const config = readConfig({ file: null, environment: {}, flags, listen, advertise: [] })
    let ended = () => {}
    const stopped = new Promise<void>((resolve) => {
      ended = resolve
    })
    const running = await start(config, openLog('error', 'json'), () => ended())
    const alive = setInterval(() => {}, 2 ** 30)
    const ports = Object.fromEntries(protocols.map((protocol, i) => [protocol, running.listeners[i]!.port]))
    return new ContractRig(running.broker, ports, async () => {
      running.stop('the test is over')
      await stopped
      clearInterval(alive)
      rmSync(data, { recursive: true })
    })
  }

  async stop(): Promise<void> {
    for (const connection of this.connections) await connection.close().catch(() => {})
    await this.end()
  }

  async amqp(): Promise<ChannelModel> {
    const connection = await connect(`amqp://127.0.0.1:${this.amqpPort}`)
    connection.on('error', () => {})
    this.connections.push(connection)
    return connection
  }

  /** Registers a schema, and tells its id. */
  async register(subject: string, type: 'AVRO' | 'JSON', schema: unknown, references: unknown[] = []): Promise<number> {
    const response = await fetch(`${this.registryUrl}/subjects/${encodeURIComponent(subject)}/versions`, {
      method: 'POST',
      headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
      body: JSON.stringify({ schemaType: type, schema: JSON.stringify(schema), references }),
    })
    const told = (await response.json()) as { id: number }
    if (response.status !== 200) throw new Error(`${subject}: ${JSON.stringify(told)}`)
    return told.id
  }

  async topic(name: string, settings: Readonly<Record<string, string>>): Promise<void> {
    const admin = this.kafka.admin()
    await admin.connect()
    const configEntries = Object.entries(settings).map(([key, value]) => ({ name: key, value }))
    await admin.createTopics({ topics: [{ topic: name, numPartitions: 1, configEntries }] })
    await admin.disconnect()
  }

  /** What a contract came to at `queue NAME in VHOST`, `exchange NAME in VHOST` or `topic NAME`. */
  tally(place: string): Pick<Tally, 'warned' | 'refused' | 'buried' | 'dropped'> {
    for (const { what, vhost, name, tally } of listContracts(this.broker)) {
      if (place !== (vhost === '' ? `${what} ${name}` : `${what} ${name} in ${vhost}`)) continue
      const { warned, refused, buried, dropped } = tally
      return { warned, refused, buried, dropped }
    }
    return { warned: 0, refused: 0, buried: 0, dropped: 0 }
  }

  /** What an operator's command answers. */
  ask(command: string, args: Arguments = {}): Promise<Answer> {
    return new Promise((resolve) => dispatch(this.broker, command, args, resolve))
  }
}

/** Data behind the id of their schema. */
export function framed(id: number, data: Uint8Array | readonly number[] | string): Buffer {
  const head = Buffer.alloc(5)
  head.writeInt32BE(id, 1)
  return Buffer.concat([head, Buffer.from(data as string)])
}

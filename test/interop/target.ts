import { after, before } from 'node:test'
import { type BrokerProcess, startBroker } from './broker-process.ts'

/** The broker that a file's scenarios run on: ours, or the real one, which shows that they ask for the right thing. */
export interface Target {
  readonly host: string
  readonly port: number
  /** `host:port`. */
  readonly address: string
  /** Whether it is the real broker. */
  readonly control: boolean
}

const CONTROLS = { amqp: 'POSTHORN_CONTROL_AMQP', kafka: 'POSTHORN_CONTROL_KAFKA' } as const

/** Whether a real broker of either protocol is what the tests run on. */
export const controlled = Object.values(CONTROLS).some((name) => process.env[name] !== undefined)

/**
 * Starts a broker before this file's tests and ends it after them, unless the environment names a real broker. Where it names one of
 * the other protocol only, the file's tests are left out: `skip` says so.
 */
export function targetOf(protocol: 'amqp' | 'kafka'): { skip: string | false; target: () => Target } {
  const named = process.env[CONTROLS[protocol]]
  if (named !== undefined) {
    const [host = '127.0.0.1', port] = named.split(':')
    return { skip: false, target: () => ({ host, port: Number(port), address: named, control: true }) }
  }
  if (controlled) return { skip: `no real broker was named for ${protocol}`, target: () => assertNever() }
  let broker: BrokerProcess | null = null
  before(async () => {
    broker = await startBroker({ args: ['--kafka-num-partitions', '4'] })
  })
  after(() => broker?.stop())
  return {
    skip: false,
    target: () => {
      const port = protocol === 'amqp' ? broker!.amqpPort : broker!.kafkaPort
      return { host: '127.0.0.1', port, address: `127.0.0.1:${port}`, control: false }
    },
  }
}

function assertNever(): never {
  throw new Error('a test that is left out ran')
}

let count = 0

/** A name nobody else uses, also on a broker that lives longer than this run. */
export function fresh(what: string): string {
  return `interop.${what}.${process.pid}.${Date.now().toString(36)}.${++count}`
}

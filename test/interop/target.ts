import { after, before } from 'node:test'
import { type BrokerProcess, startBroker } from './broker-process.ts'

/** The broker that a file's scenarios run on: ours, or the real one, which shows that they ask for the right thing. */
export interface Target {
  readonly host: string
  readonly port: number
  /** `host:port`. */
  readonly address: string
  /** Where an AMQP application connects as guest; a real broker may have been named with a vhost: `host:port/vhost`. */
  readonly uri: string
  /** Whether it is the real broker. */
  readonly control: boolean
}

const CONTROLS = { amqp: 'POSTHORN_CONTROL_AMQP', kafka: 'POSTHORN_CONTROL_KAFKA' } as const

/** Whether a real broker of either protocol is what the tests run on. */
export const controlled = Object.values(CONTROLS).some((name) => process.env[name] !== undefined)

/** For files that start their brokers themselves: the real one's address if one was named, and whether they are left out. */
export function controlOf(protocol: 'amqp' | 'kafka'): { skip: string | false; control: string | null } {
  const control = process.env[CONTROLS[protocol]] ?? null
  return { skip: controlled && control === null ? `no real broker was named for ${protocol}` : false, control }
}

/**
 * Starts a broker before this file's tests and ends it after them, unless the environment names a real broker. Where it names one of
 * the other protocol only, the file's tests are left out: `skip` says so.
 */
export function targetOf(protocol: 'amqp' | 'kafka'): { skip: string | false; target: () => Target } {
  const { skip, control: named } = controlOf(protocol)
  if (named !== null) {
    const [, host, port, vhost = '/'] = /^([^:]+):(\d+)(?:\/(.+))?$/.exec(named) ?? assertNever()
    const control = { ...placeOf(host!, Number(port), vhost), control: true }
    return { skip: false, target: () => control }
  }
  if (skip !== false) return { skip, target: () => assertNever() }
  let broker: BrokerProcess | null = null
  before(async () => {
    broker = await startBroker({ args: ['--kafka-num-partitions', '4'] })
  })
  after(() => broker?.stop())
  return {
    skip: false,
    target: () => {
      const port = protocol === 'amqp' ? broker!.amqpPort : broker!.kafkaPort
      return { ...placeOf('127.0.0.1', port, '/'), control: false }
    },
  }
}

function placeOf(host: string, port: number, vhost: string): Omit<Target, 'control'> {
  const address = `${host}:${port}`
  return { host, port, address, uri: `amqp://guest:guest@${address}/${encodeURIComponent(vhost)}` }
}

function assertNever(): never {
  throw new Error('a test that is left out ran, or a real broker was named wrongly')
}

let count = 0

/** A name nobody else uses, also on a broker that lives longer than this run. */
export function fresh(what: string): string {
  return `interop.${what}.${process.pid}.${Date.now().toString(36)}.${++count}`
}

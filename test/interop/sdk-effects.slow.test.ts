import { exec } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { COUNT, FEW_LIVES, LIVES, playEffects, TIMEOUT_MS } from '../effects/play.ts'
import { cuttingProxy } from './cutting-proxy.ts'
import { MortalBroker } from './mortal-broker.ts'
import { controlOf } from './target.ts'

/*
 * Each effect of an application is there once while it is killed, its broker is killed, and its connections are cut. Our broker is killed with SIGKILL and
 * started again; so is the real one if POSTHORN_CONTROL_KILL is a command that does that.
 */
const kill = process.env.POSTHORN_CONTROL_KILL
const killCommand =
  kill === undefined
    ? []
    : [
        async () => {
          await promisify(exec)(kill)
        },
      ]
const suffix = `-${process.pid.toString(36)}-${Date.now().toString(36)}`

const amqp = controlOf('amqp')
const title = (engine: string) => `each of ${COUNT} effects happens once over ${engine}, whatever is killed or cut`

test(title('AMQP'), { skip: amqp.skip, timeout: TIMEOUT_MS }, async (t) => {
  const { control } = amqp
  const [, host = '127.0.0.1', port = '', vhost = '/'] = /^([^:]+):(\d+)(?:\/(.+))?$/.exec(control ?? '') ?? []
  const broker = control === null ? new MortalBroker() : null
  await broker?.start()
  const proxy = await cuttingProxy(host, broker?.amqpPort ?? Number(port))
  const kills = broker === null ? killCommand : [() => broker.killAndRestart()]
  try {
    const url = `amqp://guest:guest@127.0.0.1:${proxy.port}/${encodeURIComponent(vhost)}`
    const faults = [async () => proxy.cut(), ...kills]
    const played = await playEffects({ url, faults, lives: LIVES, signal: t.signal }, suffix)
    t.diagnostic(
      `AMQP: ${COUNT} messages, each effect once through ${played.kills} kills of the process and ${played.faults} ${kills.length > 0 ? 'cuts and kills of the broker' : 'cuts'}`,
    )
  } finally {
    await proxy.close()
    await broker?.stop()
  }
})

const kafka = controlOf('kafka')

test(title('Kafka'), { skip: kafka.skip, timeout: TIMEOUT_MS }, async (t) => {
  const broker = kafka.control === null ? new MortalBroker() : null
  await broker?.start()
  const faults = broker === null ? killCommand : [() => broker.killAndRestart()]
  try {
    const url = `kafka://${kafka.control ?? `127.0.0.1:${broker?.kafkaPort}`}`
    const played = await playEffects({ url, faults, lives: FEW_LIVES, signal: t.signal }, suffix)
    t.diagnostic(
      `Kafka: ${COUNT} messages, each effect once through ${played.kills} kills of the process and ${played.faults} of the broker`,
    )
  } finally {
    await broker?.stop()
  }
})

import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type Broker, firstRoundTrip, peersFolder, type Running, run } from './broker.ts'
import type { BenchOptions } from './options.ts'
import { startSecuredKafka } from './secured-kafka.ts'

const INSTALL = `Kafka is not installed here, so the Kafka rows have no peer. Either
  have one listen somewhere (docker run -p 9092:9092 apache/kafka:4.3.1)
  and say --kafka 127.0.0.1:9092 --kafka-pid PID, or
  let POSTHORN_PEERS name a folder with a kafka.sh that knows fetch, up PORT and down PORT.`

/** A real Kafka; null, having said how to install one, when there is none. */
export function kafka(options: BenchOptions): Broker | null {
  const { kafka: given } = options
  if (given !== null) {
    const running = { pid: given.pid, startMs: null, address: () => given, stop: async () => {} }
    return { side: 'kafka', start: async () => running }
  }
  const folder = peersFolder()
  const script = folder === null ? '' : join(folder, 'kafka.sh')
  const home = join(process.env.PEERS ?? '/tmp/peers', `kafka-${process.env.KAFKA_VERSION ?? '4.3.1'}`)
  if (!existsSync(script)) console.log(INSTALL)
  else if (existsSync(join(home, 'lib'))) {
    const port = options.port + 10
    return { side: 'kafka', start: (secured) => (secured ? startSecuredKafka(home, port) : start(script, home, port)) }
  } else console.log(`Kafka is not installed yet: run \`${script} fetch\` once (it needs Java 17 and Maven).`)
  return null
}

async function start(script: string, home: string, port: number): Promise<Running> {
  const pidFile = join(home, `run-${port}`, 'pid')
  const up = run(script, ['up', String(port)])
  await firstRoundTrip('kafka', port, up)
  // The script formats the storage first, which is not the broker's start: that is when its pid was written.
  const startMs = Date.now() - statSync(pidFile).mtimeMs
  await up
  const stop = async () => {
    await run(script, ['down', String(port)])
  }
  return { pid: Number(readFileSync(pidFile, 'utf8')), startMs, address: () => ({ host: '127.0.0.1', port }), stop }
}

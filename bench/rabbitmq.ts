import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Broker, firstRoundTrip, peersFolder, run } from './broker.ts'
import type { BenchOptions } from './options.ts'

const INSTALL = `RabbitMQ is not installed here, so the AMQP rows have no peer. Either
  have one listen somewhere (docker run -p 5672:5672 rabbitmq:4)
  and say --rabbitmq 127.0.0.1:5672 --rabbitmq-pid PID, or
  let POSTHORN_PEERS name a folder with a rabbitmq.sh that knows install, up, pid and wipe.`

/** A real RabbitMQ; null, having said how to install one, when there is none. */
export function rabbitmq(options: BenchOptions): Broker | null {
  const { rabbitmq: given } = options
  if (given !== null) {
    const running = { pid: given.pid, startMs: null, address: () => given, stop: async () => {} }
    return { side: 'rabbitmq', start: async () => running }
  }
  const folder = peersFolder()
  const script = folder === null ? '' : join(folder, 'rabbitmq.sh')
  const root = process.env.RMQ_ROOT ?? `/tmp/rmq-${process.env.RMQ_SUITE ?? 'forky'}`
  if (!existsSync(script)) console.log(INSTALL)
  else if (existsSync(join(root, '.installed'))) return { side: 'rabbitmq', start: () => start(script) }
  else console.log(`RabbitMQ is not installed yet: run \`${script} install\` once (a few minutes, as root).`)
  return null
}

async function start(script: string) {
  const other = await run(script, ['pid']).catch(() => null)
  if (other !== null)
    throw new Error(`RabbitMQ is up already (process ${other.trim()}), and whoever uses it would lose their data`)
  await run(script, ['wipe'])
  const began = performance.now()
  const up = run(script, ['up'])
  await firstRoundTrip('amqp', 5672, up)
  const startMs = performance.now() - began
  await up
  const pid = Number(await run(script, ['pid']))
  const stop = async () => {
    await run(script, ['wipe'])
  }
  return { pid, startMs, address: () => ({ host: '127.0.0.1', port: 5672 }), stop }
}

import { createServer, connect as dial, type Socket } from 'node:net'
import { MortalBroker } from './mortal-broker.ts'
import { type Mortal, playFaults } from './sdk-faults.ts'
import { controlOf } from './target.ts'

/*
 * What the SDK over AMQP promises while things break. Our broker is killed with SIGKILL and started again; the way to the real one goes through a proxy that
 * cuts all connections.
 */
const { skip, control } = controlOf('amqp')
const COUNT = 3000

if (skip === false) {
  if (control === null) playFaults('a broker that is killed', COUNT, killed)
  else playFaults('connections that are cut', COUNT, () => cut(control))
}

async function killed(): Promise<Mortal> {
  const broker = new MortalBroker()
  await broker.start()
  return {
    url: `amqp://guest:guest@127.0.0.1:${broker.amqpPort}`,
    fault: () => broker.killAndRestart(),
    close: () => broker.stop(),
  }
}

async function cut(named: string): Promise<Mortal> {
  const [, host = '', port, vhost = '/'] = /^([^:]+):(\d+)(?:\/(.+))?$/.exec(named) ?? []
  const sockets = new Set<Socket>()
  const server = createServer((near) => {
    const far = dial(Number(port), host)
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one)
      one.on('error', () => {})
      one.on('close', () => {
        sockets.delete(one)
        other.destroy()
      })
      one.pipe(other)
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address() as { readonly port: number }
  return {
    url: `amqp://guest:guest@127.0.0.1:${address.port}/${encodeURIComponent(vhost)}`,
    async fault() {
      for (const socket of sockets) socket.destroy()
    },
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }
}

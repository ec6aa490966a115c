import { cuttingProxy } from './cutting-proxy.ts'
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
  const proxy = await cuttingProxy(host, Number(port))
  return {
    url: `amqp://guest:guest@127.0.0.1:${proxy.port}/${encodeURIComponent(vhost)}`,
    fault: async () => proxy.cut(),
    close: () => proxy.close(),
  }
}

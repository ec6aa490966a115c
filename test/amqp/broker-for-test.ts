import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Broker } from '../../src/broker/broker.ts'
import { readConfig } from '../../src/server/config.ts'
import { openLog } from '../../src/server/log.ts'
import { start } from '../../src/server/start.ts'
import { managementOf, type Operator, operatorOf } from './operator.ts'

export interface Target {
  readonly host: string
  readonly port: number
  /** Our own broker; null if it is another. */
  readonly broker: Broker | null
  readonly operator: Operator
  stop(): Promise<void>
}

/**
 * A broker of our own on a free port, with a data directory that is removed again; or the one that POSTHORN_TEST_AMQP=host:port
 * names, to see whether a test itself is right.
 */
export async function openTarget(): Promise<Target> {
  const other = /^(.+):(\d+)$/.exec(process.env.POSTHORN_TEST_AMQP ?? '')
  if (other !== null) {
    const [host, port] = [other[1]!, Number(other[2])]
    return { host, port, broker: null, operator: managementOf(host, port), stop: async () => {} }
  }
  const data = mkdtempSync(join(tmpdir(), 'posthorn-test-'))
  const config = readConfig({
    file: null,
    environment: {},
    flags: { data, 'log-level': 'error' },
    listen: ['amqp://127.0.0.1:0'],
    advertise: [],
  })
  let ended = () => {}
  const stopped = new Promise<void>((resolve) => {
    ended = resolve
  })
  const running = await start(config, openLog('error', 'json'), () => ended())
  const [{ host, port }] = running.listeners
  return {
    host,
    port,
    broker: running.broker,
    operator: operatorOf(running.broker),
    async stop() {
      // The broker's own timers don't keep a process alive.
      const alive = setInterval(() => {}, 1000)
      running.stop('the test is over')
      await stopped
      clearInterval(alive)
      rmSync(data, { recursive: true })
    },
  }
}

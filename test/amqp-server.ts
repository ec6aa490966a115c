import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openAmqp } from '../src/amqp/open.ts'
import { openBroker } from '../src/broker/open.ts'
import { nodeEnv } from '../src/env/node.ts'
import { Arena } from '../src/std/arena.ts'

const MIB = 2 ** 20

/** A broker that speaks AMQP on a port of its own, in a directory of its own. */
export interface AmqpServer {
  readonly port: number
  stop(): void
}

export function startAmqp(): Promise<AmqpServer> {
  const directory = mkdtempSync(join(tmpdir(), 'posthorn-'))
  const arena = new Arena(80 * MIB)
  const env = nodeEnv({ directory, arena })
  const broker = openBroker({
    env,
    arena,
    broker: { outputRegions: 64, maxMessageSize: 16 * MIB, memory: 512 * MIB },
    store: { journalRing: 8 * MIB, spillRing: 8 * MIB, fileSize: 8 * MIB, reserve: 8 * MIB },
    register: [],
    onFatal: (error) => {
      throw error
    },
    report: () => {},
  })
  const amqp = openAmqp(broker, {
    login: (user, password) => user === 'guest' && password === 'guest',
    version: '0',
    clusterName: 'test',
    channelMax: 2047,
    frameMax: 131_072,
    heartbeat: 60,
    assemblyBudget: 64 * MIB,
  })
  return new Promise((resolve, reject) => {
    env.net.listen({ host: '127.0.0.1', port: 0 }, amqp.accept, (error, listener) => {
      if (listener === undefined) {
        reject(error)
        return
      }
      const stop = () => {
        listener.close(() => {})
        amqp.destroy()
        env.clock.alarm(Number.POSITIVE_INFINITY, () => {})
        rmSync(directory, { recursive: true, force: true })
      }
      resolve({ port: listener.port, stop })
    })
  })
}

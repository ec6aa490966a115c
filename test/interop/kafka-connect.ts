import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync, watch, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { gather, waitForEnd } from './broker-process.ts'
import { FRUGAL, jarsOf } from './java.ts'

const PATIENCE_MS = 90_000

export type Settings = Readonly<Record<string, string>>

/** Kafka Connect in one process, with its connectors. */
export class Connect {
  private readonly child: ChildProcess
  private readonly said

  private constructor(files: readonly string[]) {
    this.child = spawn(
      'java',
      [...FRUGAL, '-cp', jarsOf('kafka-connect'), 'org.apache.kafka.connect.cli.ConnectStandalone', ...files],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    )
    this.said = gather(this.child)
  }

  static async start(folder: string, address: string, converter: string, connectors: readonly Settings[]) {
    const worker = {
      'bootstrap.servers': address,
      'key.converter': converter,
      'value.converter': converter,
      'header.converter': converter,
      'offset.storage.file.filename': join(folder, 'offsets'),
      'offset.flush.interval.ms': '500',
      listeners: `http://127.0.0.1:${await freePort()}`,
    }
    const files = [worker, ...connectors].map((settings, i) => {
      const file = join(folder, `${i}.properties`)
      const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`)
      writeFileSync(file, lines.join(''))
      return file
    })
    return new Connect(files)
  }

  log(): string {
    return `${this.said.out.text()}\n${this.said.err.text()}`.split('\n').slice(-60).join('\n')
  }

  async stop(): Promise<void> {
    this.child.kill('SIGTERM')
    await waitForEnd(this.child, 30_000)
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}

/** Resolves when the file holds so many lines. */
export function linesOf(file: string, count: number, log: () => string): Promise<string[]> {
  const lines = () => (existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [])
  return new Promise((resolve, reject) => {
    const watcher = watch(dirname(file), () => look())
    const timer = setTimeout(() => {
      watcher.close()
      reject(new Error(`${lines().length} of ${count} lines came\n${log()}`))
    }, PATIENCE_MS)
    const look = () => {
      const found = lines()
      if (found.length < count) return
      clearTimeout(timer)
      watcher.close()
      resolve(found)
    }
    look()
  })
}

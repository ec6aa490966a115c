import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrokerOptions, type BrokerProcess, startBroker } from './broker-process.ts'

/** A broker that is killed and started again, each time with the same directory on the same ports. */
export class MortalBroker {
  /** Milliseconds from each restart of the process to its first answer to a client. */
  readonly restarts: number[] = []
  readonly directory = mkdtempSync(join(tmpdir(), 'posthorn-mortal-'))
  private readonly args: readonly string[]
  private process: BrokerProcess | null = null
  private ports: { amqp: number; kafka: number } = { amqp: 0, kafka: 0 }
  private running: Promise<void> = Promise.resolve()

  constructor(args: readonly string[] = []) {
    this.args = args
  }

  get amqpPort(): number {
    return this.ports.amqp
  }

  get kafkaPort(): number {
    return this.ports.kafka
  }

  async start(): Promise<void> {
    const options: BrokerOptions = { directory: this.directory, ports: this.ports, args: this.args }
    this.process = await startBroker(options)
    this.ports = { amqp: this.process.amqpPort, kafka: this.process.kafkaPort }
  }

  /** Resolves when a process is there to talk to; rejects if it did not come up again. */
  up(): Promise<void> {
    return this.running
  }

  /** SIGKILL, then `meanwhile` with the directory that nobody has open, then a start. */
  killAndRestart(meanwhile: () => Promise<void> = async () => {}): Promise<void> {
    this.running = this.again(meanwhile)
    // Who waits for `up` hears of a failure; it must not end the test's process when nobody waits just then.
    this.running.catch(() => {})
    return this.running
  }

  private async again(meanwhile: () => Promise<void>): Promise<void> {
    await this.process!.stop('SIGKILL')
    await meanwhile()
    const begun = performance.now()
    await this.start()
    await this.answer()
    this.restarts.push(performance.now() - begun)
  }

  /** Resolves when the broker has said connection.start to a new client. */
  private answer(): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = connect(this.ports.amqp, '127.0.0.1', () => socket.write('AMQP\x00\x00\x09\x01'))
      socket.once('error', reject)
      socket.once('data', () => {
        socket.destroy()
        resolve()
      })
    })
  }

  /** Ends the process as an operator does, and drops the directory. */
  async stop(): Promise<void> {
    await this.running.catch(() => {})
    try {
      await this.process?.stop()
    } finally {
      rmSync(this.directory, { recursive: true, force: true })
    }
  }
}

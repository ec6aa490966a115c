import { connect, type Socket } from 'node:net'

const PATIENCE_MS = 20_000
const CONNECTION_CLOSE = Buffer.from([0, 10, 0, 50])

/** A client at the level of bytes, which may say anything and need not listen. */
export class Peer {
  readonly localPort: number
  private readonly socket: Socket
  private came = Buffer.alloc(0)
  private wake: () => void = () => {}
  private gone = false
  private over = false

  private constructor(socket: Socket) {
    this.socket = socket
    this.localPort = socket.localPort as number
    socket.on('data', (bytes) => {
      // Only the beginning is of interest, and not of who floods us.
      if (this.came.length < 65_536) this.came = Buffer.concat([this.came, bytes])
      // Who is told that the connection is closed agrees, as every client does.
      if (bytes.includes(CONNECTION_CLOSE)) this.sendMethod(0, [10, 51], [])
      this.wake()
    })
    socket.on('end', () => {
      this.over = true
      this.wake()
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      this.gone = true
      this.wake()
    })
  }

  static connect(port: number): Promise<Peer> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true })
      socket.once('error', reject)
      socket.once('connect', () => {
        socket.off('error', reject)
        resolve(new Peer(socket))
      })
    })
  }

  send(bytes: Buffer): void {
    if (!this.gone) this.socket.write(bytes)
  }

  finish(): void {
    this.socket.end()
  }

  reset(): void {
    this.socket.resetAndDestroy()
  }

  stopReading(): void {
    this.socket.pause()
  }

  /** Resolves when the broker has ended the connection. */
  async ended(): Promise<void> {
    await this.until(() => this.over || this.gone, 'the end of the connection')
    this.socket.destroy()
  }

  closed(): Promise<void> {
    return this.until(() => this.gone, 'the close of the socket')
  }

  /** Logs in as guest and opens the default vhost. */
  async logIn({ heartbeat = 0 } = {}): Promise<void> {
    this.send(Buffer.from('AMQP\0\0\x09\x01', 'latin1'))
    await this.method(10, 10)
    const response = Buffer.from('\0guest\0guest')
    this.sendMethod(
      0,
      [10, 11],
      [0, 0, 0, 0, 5, ...Buffer.from('PLAIN'), 0, 0, 0, response.length, ...response, 5, ...Buffer.from('en_US')],
    )
    await this.method(10, 30)
    this.sendMethod(0, [10, 31], [0x07, 0xff, 0, 2, 0, 0, 0, heartbeat])
    this.sendMethod(0, [10, 40], [1, 0x2f, 0, 0])
    await this.method(10, 41)
  }

  async openChannel(): Promise<void> {
    this.sendMethod(1, [20, 10], [0])
    await this.method(20, 11)
  }

  /** Writes `unit` again and again until nobody takes it any more, or until `bytes` are written. */
  async flood(unit: Buffer, bytes: number): Promise<void> {
    const chunk = Buffer.concat(Array.from({ length: Math.ceil(65_536 / unit.length) }, () => unit))
    for (let sent = 0; sent < bytes && !this.gone; sent += chunk.length) {
      if (this.socket.write(chunk)) continue
      const taken = await this.drained()
      if (!taken) return
    }
  }

  private sendMethod(channel: number, [classId, methodId]: [number, number], args: number[]): void {
    const size = 4 + args.length
    this.send(Buffer.from([1, 0, channel, 0, 0, size >> 8, size & 255, 0, classId, 0, methodId, ...args, 0xce]))
  }

  private async method(classId: number, methodId: number): Promise<void> {
    const key = Buffer.from([0, classId, 0, methodId])
    await this.until(() => this.came.includes(key) || this.gone, `method ${classId}.${methodId}`)
    if (!this.came.includes(key)) throw new Error(`the connection ended before method ${classId}.${methodId}`)
    this.came = Buffer.alloc(0)
  }

  /** Whether the kernel takes more within a second. */
  private drained(): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (taken: boolean) => {
        clearTimeout(timer)
        this.socket.off('drain', ready)
        this.socket.off('close', ready)
        resolve(taken)
      }
      const ready = () => end(true)
      const timer = setTimeout(() => end(false), 1000)
      this.socket.once('drain', ready)
      this.socket.once('close', ready)
    })
  }

  private async until(done: () => boolean, what: string): Promise<void> {
    const deadline = Date.now() + PATIENCE_MS
    while (!done()) {
      const left = deadline - Date.now()
      if (left <= 0) throw new Error(`${what} did not come`)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left)
        this.wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }
}

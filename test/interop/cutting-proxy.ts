import { createServer, connect as dial, type Socket } from 'node:net'

/** The way to a broker, which can be cut. */
export interface CuttingProxy {
  readonly port: number
  /** Ends all connections, without a word. */
  cut(): void
  close(): Promise<void>
}

export async function cuttingProxy(host: string, port: number): Promise<CuttingProxy> {
  const sockets = new Set<Socket>()
  const server = createServer((near) => {
    const far = dial(port, host)
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
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    port: address.port,
    cut,
    close: () => {
      cut()
      return new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

import type { Memory } from '../broker/memory.ts'
import type { Handler, Listener, Net, Socket } from '../env/net.ts'
import type { TlsIdentity } from '../env/tls-identity.ts'
import type { Front } from './fronts.ts'
import type { ListenAddress } from './listen-address.ts'
import type { Log } from './log.ts'

/** Who hears nothing. */
const NOBODY: Handler = { input: (_, end) => end, drained() {}, closed() {} }

/** Takes clients of a front at an address. @throws Error in one line if that can't be had */
export function listen(
  net: Net,
  memory: Memory,
  address: ListenAddress,
  identity: TlsIdentity | null,
  front: Front,
  log: Log,
): Promise<Listener> {
  const tls = address.tls ? { identity: identity!, clientAuth: address.clientAuth ?? 'none' } : null
  const accept = (socket: Socket): Handler => {
    log.debug({ listener: address.name, peer: `${socket.remoteAddress}:${socket.remotePort}` }, 'connection accepted')
    if (!memory.critical) return front.accept(socket, { ...address, port: socket.localPort })
    log.warn({ listener: address.name, held: memory.used }, 'a connection is refused: too much memory is in use')
    socket.destroy()
    return NOBODY
  }
  return new Promise((resolve, reject) => {
    net.listen({ host: address.host, port: address.port, tls }, accept, (error, listener) => {
      if (listener !== undefined) resolve(listener)
      else reject(new Error(`can't listen on ${address.host}:${address.port} for '${address.name}': ${explain(error)}`))
    })
  })
}

function explain(error: Error | null): string {
  const { code, message } = (error ?? {}) as NodeJS.ErrnoException
  if (code === 'EADDRINUSE') return 'the port is in use; choose another with --listen'
  if (code === 'EACCES') return 'this user may not listen on that port'
  return message
}

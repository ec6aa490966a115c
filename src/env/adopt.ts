import type { Server } from 'node:net'
import { Socket } from 'node:net'

/** A connection's handle in the runtime: opaque, good for a `Socket` only. */
interface Handle {
  readonly opaque: unique symbol
}

interface ListeningHandle {
  onconnection?: (this: ListeningHandle, status: number, accepted: Handle | undefined) => void
}

/**
 * Takes a server's accepted connections as bare handles, before the runtime makes sockets of them, which is the only way
 * to give a socket a read buffer of ours. (Taking the handle back out of a finished socket leaves `server.close()` waiting
 * for ever.) Call it before the first connection can come, when the server says 'listening'.
 *
 * This is not a documented interface of the runtime: returns false, and changes nothing, where it is not as expected.
 */
export function adopt(server: Server, accepted: (handle: Handle) => void): boolean {
  // Where reads complete into a buffer that was handed over beforehand, connections cannot share one.
  if (process.platform === 'win32') return false
  const listening = (server as unknown as { _handle?: ListeningHandle | null })._handle
  if (typeof listening?.onconnection !== 'function') return false
  listening.onconnection = (status, handle) => {
    // A connection that was gone before it was accepted, or no file descriptor for it: there is nobody to tell.
    if (status === 0 && handle !== undefined) accepted(handle)
  }
  return true
}

/** A socket over an accepted handle, which reads to `buffer` and tells `read` how many bytes came. */
export function socketOver(handle: Handle, buffer: Uint8Array, read: (n: number) => void): Socket {
  const callback = (n: number) => {
    read(n)
    return true
  }
  return new Socket({ handle, onread: { buffer, callback } } as ConstructorParameters<typeof Socket>[0])
}

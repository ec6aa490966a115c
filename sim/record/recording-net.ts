import type { Handler, Listener, ListenOn, Net, Socket } from '../../src/env/net.ts'
import { ConnectionNames, type RecordedEvent } from './event.ts'

/** The real network, noting how many bytes went to whom: what was in them was promised. */
export class RecordingNet implements Net {
  private readonly net: Net
  private readonly note: (event: RecordedEvent) => void
  private readonly names = new ConnectionNames()

  constructor(net: Net, note: (event: RecordedEvent) => void) {
    this.net = net
    this.note = note
  }

  get kept(): number {
    return this.net.kept
  }

  listen(
    address: ListenOn,
    accept: (socket: Socket) => Handler,
    done: (error: Error | null, listener?: Listener) => void,
  ): void {
    const { note, names } = this
    const noting = (socket: Socket): Handler => {
      const connection = names.next(socket.localPort, socket.remotePort)
      return accept({
        remoteAddress: socket.remoteAddress,
        remotePort: socket.remotePort,
        localAddress: socket.localAddress,
        localPort: socket.localPort,
        peerCertificate: socket.peerCertificate,
        get pending() {
          return socket.pending
        },
        write(bytes, written) {
          note({ kind: 'sent', connection, length: bytes.length })
          socket.write(bytes, written)
        },
        pause: () => socket.pause(),
        resume: () => socket.resume(),
        end: () => socket.end(),
        destroy: () => socket.destroy(),
      })
    }
    this.net.listen(address, noting, done)
  }
}

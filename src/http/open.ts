import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Broker } from '../broker/broker.ts'
import { BodyBudget } from './body.ts'
import { Exchange } from './exchange.ts'
import { routerOf } from './router.ts'
import type { SocketStream } from './socket-stream.ts'

/** A client may take so long for a request, be silent for so long between two, and for so long take nothing of its answer. */
const PATIENCE_MS = 30_000
const LOOK_MS = 5000
/** Lines and bytes of headers. */
const MOST_HEADERS = 100
const LONGEST_HEADERS = 16 * 1024

export interface HttpOptions {
  readonly clusterId: string
  readonly version: string
  /** Bytes of requests' bodies on all connections together. */
  readonly bodyBudget: number
  readonly log: (text: string) => void
}

/** HTTP for a broker. */
export interface Http {
  /** Takes a connection; `asks` whether its client has to say who he is. */
  accept(stream: SocketStream, asks: boolean): void
  /** Ends connections that wait for a request; the others when they have their answer. */
  shutdown(): void
}

/** What is known of a connection. */
interface Client {
  readonly stream: SocketStream
  readonly asks: boolean
  /** Since when it is waited for. */
  since: number
  /** Requests that were read and have no answer yet. */
  open: number
  /** Bytes of answers that it had not taken at the last look. */
  unsent: number
}

/** Called once, after `openBroker`. */
export function openHttp(broker: Broker, options: HttpOptions): Http {
  const clients = new Map<unknown, Client>()
  const router = routerOf(broker, options)
  const budget = new BodyBudget(options.bodyBudget)
  const now = () => broker.live.elapsed()
  let closing = false
  const server = createServer({ maxHeaderSize: LONGEST_HEADERS, keepAliveTimeout: 0 })
  server.maxHeadersCount = MOST_HEADERS
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const client = clients.get(request.socket)!
    if (closing) response.setHeader('connection', 'close')
    let isRead = false
    request.on('end', () => {
      // One that is refused half-way is read no further, and may end after its answer.
      if (response.writableFinished) return
      isRead = true
      client.open += 1
      client.since = now()
    })
    response.on('close', () => {
      if (isRead) client.open -= 1
      client.since = now()
      if (closing) request.socket.destroy()
    })
    new Exchange(broker, router, budget, request, response, options.log).begin(client.asks)
  })
  server.on('clientError', (_error, socket) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n')
    else socket.destroy()
  })
  const look = (): void => {
    for (const client of clients.values()) if (isLate(client, now())) client.stream.destroy()
    if (clients.size > 0) broker.liveTimers.after(LOOK_MS, look)
    else looking = false
  }
  let looking = false
  return {
    accept(stream, asks) {
      if (stream.destroyed) return
      clients.set(stream, { stream, asks, since: now(), open: 0, unsent: 0 })
      stream.once('close', () => clients.delete(stream))
      if (!looking) {
        looking = true
        broker.liveTimers.after(LOOK_MS, look)
      }
      server.emit('connection', stream)
    },
    shutdown() {
      closing = true
      for (const { stream, open } of clients.values()) if (open === 0) stream.destroy()
    },
  }
}

/** Whether a client has been waited for too long; not while it waits for us. */
function isLate(client: Client, now: number): boolean {
  const unsent = client.stream.writableLength
  if (unsent < client.unsent || (unsent === 0 && client.open > 0)) client.since = now
  client.unsent = unsent
  return now - client.since > PATIENCE_MS
}

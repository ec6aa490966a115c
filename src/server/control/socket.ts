import { chmodSync, rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import type { Broker } from '../../broker/broker.ts'
import type { Json } from '../../core/policy/parameters.ts'
import { socketPath } from '../../env/node-lock.ts'
import type { Answer, Arguments } from './command.ts'
import { dispatch } from './dispatch.ts'

/** In the data directory, beside the lock. */
export const CONTROL_SOCKET = 'control.sock'
/** A longer request ends the connection: definitions may be large. */
const LONGEST = 64 * 2 ** 20
/** Operators that are served at a time. */
const MOST_CONNECTIONS = 16

/** Where operators' commands come in. */
export interface ControlListener {
  close(): void
}

/**
 * Listens for commands of the command line, a line of JSON each, answered in order by a line each. Only who may read the data directory's
 * files as their owner gets in: the socket is the owner's alone.
 */
export function listenForControl(
  broker: Broker,
  directory: string,
  done: (error: Error | null) => void,
): ControlListener {
  const path = socketPath(directory, CONTROL_SOCKET)
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    serve(broker, directory, socket)
  })
  server.maxConnections = MOST_CONNECTIONS
  server.once('error', done)
  // Nobody else has the directory: a socket that is there is a dead process's.
  rmSync(path, { force: true })
  const mask = process.umask(0o177)
  server.listen(path, () => {
    chmodSync(path, 0o600)
    server.unref()
    done(null)
  })
  process.umask(mask)
  return {
    close: () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

function serve(broker: Broker, directory: string, socket: Socket): void {
  let pending = ''
  let busy = false
  const next = () => {
    const end = pending.indexOf('\n')
    if (busy || end < 0) return
    const line = pending.slice(0, end)
    pending = pending.slice(end + 1)
    busy = true
    handle(broker, directory, line, (answer) => {
      busy = false
      socket.write(`${JSON.stringify(answer)}\n`)
      next()
    })
  }
  socket.setEncoding('utf8')
  socket.on('data', (text: string) => {
    pending += text
    if (pending.length > LONGEST) socket.destroy()
    else next()
  })
  socket.on('error', () => socket.destroy())
}

function handle(broker: Broker, directory: string, line: string, answer: (answer: Answer) => void): void {
  let request: Json
  try {
    request = JSON.parse(line)
  } catch {
    answer({ ok: false, reason: 'invalid', text: 'a request is one line of JSON' })
    return
  }
  const { command, args } = (request ?? {}) as { readonly command?: Json; readonly args?: Json }
  const given = typeof args === 'object' && args !== null && !Array.isArray(args) ? (args as Arguments) : {}
  dispatch(broker, String(command), { ...given, directory }, answer)
}

import { createHash } from 'node:crypto'
import * as fs from 'node:fs'
import * as net from 'node:net'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'

const NAME = 'lock.sock'
/** What a socket's address can hold, the least of the systems we run on. */
const LONGEST_PATH = 103
const ATTEMPTS = 5

/** Another process has the data directory. */
export class LockedError extends Error {
  override name = 'LockedError'

  constructor(directory: string) {
    super(`another process has the data directory ${directory}`)
  }
}

/** The data directory is ours as long as this is held; it ends with the process, however that ends. */
export interface Lock {
  release(done: () => void): void
}

/**
 * Takes the data directory for this process. Node has no flock, and the process ids in pid files mean nothing across
 * containers; but a Unix socket that nobody listens to any more refuses connections, so a stale one is told from one that
 * is held. The error is a `LockedError` if another process has it.
 */
export function lockDirectory(directory: string, done: (error: Error | null, lock?: Lock) => void): void {
  fs.mkdirSync(directory, { recursive: true })
  take(socketPath(fs.realpathSync(directory)), directory, ATTEMPTS, done)
}

/** A path for a socket that is short enough: in the directory, or else in the directory for temporary files. */
export function socketPath(directory: string, name = NAME): string {
  const inside = join(directory, name)
  if (Buffer.byteLength(inside) <= LONGEST_PATH) return inside
  const fromHere = relative(process.cwd(), inside)
  if (Buffer.byteLength(fromHere) <= LONGEST_PATH) return fromHere
  return join(
    tmpdir(),
    `posthorn-${createHash('sha256')
      .update(name === NAME ? directory : inside)
      .digest('hex')
      .slice(0, 24)}.sock`,
  )
}

type Done = (error: Error | null, lock?: Lock) => void

function take(path: string, directory: string, attempts: number, done: Done): void {
  const server = net.createServer((socket) => socket.destroy())
  server.once('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE' || attempts === 0) return done(error)
    const probed = identity(path)
    probe(path, (held) => {
      if (held) return done(new LockedError(directory))
      const failed = removeStale(path, probed)
      if (failed !== null) return done(failed)
      take(path, directory, attempts - 1, done)
    })
  })
  server.listen(path, () => {
    server.unref()
    // Two that found the same stale socket may both get here; only one of them is to be reached under the name.
    const mine = identity(path)
    probe(path, () => {
      if (mine === undefined || identity(path) !== mine) return server.close(() => done(new LockedError(directory)))
      done(null, { release: (released) => server.close(() => released()) })
    })
  })
}

/** Whether somebody listens. */
function probe(path: string, done: (held: boolean) => void): void {
  const socket = net.connect(path)
  socket.once('connect', () => {
    socket.destroy()
    done(true)
  })
  socket.once('error', () => done(false))
}

/**
 * Moves the name away before it is removed, so that of several processes that found it stale one gets it, and a socket
 * that came to life in between is put back.
 */
function removeStale(path: string, probed: string | undefined): Error | null {
  const aside = `${path}.${process.pid}`
  try {
    fs.renameSync(path, aside)
    if (identity(aside) !== probed) fs.linkSync(aside, path)
    fs.unlinkSync(aside)
  } catch (error) {
    // Somebody else was quicker: the next attempt sees who.
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT' && code !== 'EEXIST') return error as Error
  }
  return null
}

/** Tells one socket file from another; inodes alone are soon used again. */
function identity(path: string): string | undefined {
  try {
    const { ino, mtimeNs } = fs.statSync(path, { bigint: true })
    return `${ino} ${mtimeNs}`
  } catch {
    return undefined
  }
}

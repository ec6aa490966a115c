import * as fs from 'node:fs'
import { dirname, join } from 'node:path'
import type { Disk, DiskFile } from './disk.ts'

/** A file system says so where a file can't have a second name there. */
const UNLINKABLE = ['EXDEV', 'EPERM', 'ENOTSUP', 'EMLINK', 'ENOSYS']

/** A directory of the real file system. */
export class NodeDisk implements Disk {
  readonly root: string

  /** Makes the directory if it is not there. */
  constructor(root: string) {
    this.root = root
    fs.mkdirSync(root, { recursive: true })
  }

  list(directory: string): string[] {
    try {
      return fs.readdirSync(join(this.root, directory)).sort()
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw error
    }
  }

  exists(path: string): boolean {
    return fs.existsSync(join(this.root, path))
  }

  /** Makes the directory and those above it; one that is there stays. */
  makeDirectory(path: string): void {
    fs.mkdirSync(join(this.root, path), { recursive: true })
  }

  open(path: string, mode: 'create' | 'existing'): DiskFile {
    return new NodeFile(path, fs.openSync(join(this.root, path), mode === 'create' ? 'w+' : 'r+'))
  }

  openAsync(path: string, mode: 'create' | 'existing', done: (error: Error | null, file?: DiskFile) => void): void {
    fs.open(join(this.root, path), mode === 'create' ? 'w+' : 'r+', (error, fd) => {
      if (error) done(error)
      else done(null, new NodeFile(path, fd))
    })
  }

  rename(from: string, to: string): void {
    fs.renameSync(join(this.root, from), join(this.root, to))
  }

  renameAsync(from: string, to: string, done: (error: Error | null) => void): void {
    fs.rename(join(this.root, from), join(this.root, to), done)
  }

  remove(path: string): void {
    fs.unlinkSync(join(this.root, path))
  }

  removeAsync(path: string, done: (error: Error | null) => void): void {
    const file = join(this.root, path)
    fs.stat(file, (_error, found) => {
      // What is wrong with the file the removal will say.
      if (found === undefined || found.size <= CUT) fs.unlink(file, done)
      else removeLarge(file, done)
    })
  }

  linkAsync(path: string, to: Disk, done: (error: Error | null, linked?: boolean) => void): void {
    if (!(to instanceof NodeDisk)) {
      queueMicrotask(() => done(null, false))
      return
    }
    fs.link(join(this.root, path), join(to.root, path), (error) => {
      if (error === null) done(null, true)
      else if (UNLINKABLE.includes(error.code ?? '')) done(null, false)
      else done(error)
    })
  }

  syncDirectory(path: string): void {
    const fd = fs.openSync(join(this.root, path), 'r')
    try {
      fs.fsyncSync(fd)
      // The root's own entry lives in the directory above it.
      if (isRoot(path)) syncOne(dirname(this.root))
    } finally {
      fs.closeSync(fd)
    }
  }

  syncDirectoryAsync(path: string, done: (error: Error | null) => void): void {
    fs.open(join(this.root, path), 'r', (error, fd) => {
      if (error) return done(error)
      fs.fsync(fd, (syncError) =>
        fs.close(fd, (closeError) => {
          if (isRoot(path)) syncOne(dirname(this.root))
          done(syncError ?? closeError ?? null)
        }),
      )
    })
  }

  freeAsync(done: (error: Error | null, bytes?: number, total?: number) => void): void {
    fs.statfs(this.root, (error, found) => {
      if (error) done(error)
      else done(null, found.bavail * found.bsize, found.blocks * found.bsize)
    })
  }
}

/** A large file's blocks are given back in pieces of this size: a file system may let no sync pass while it frees them, all at once for 10 ms and more. */
const CUT = 4 * 2 ** 20

/** Takes the name away first: at no time, and after no crash, is a file to be seen that has lost its end. */
function removeLarge(path: string, done: (error: Error | null) => void): void {
  fs.open(path, 'r+', (openError, fd) => {
    if (openError) {
      fs.unlink(path, done)
      return
    }
    const finish = (error: Error | null) => fs.close(fd, (closeError) => done(error ?? closeError ?? null))
    fs.unlink(path, (error) => {
      if (error) finish(error)
      else
        fs.fstat(fd, (_error, found) => (found?.nlink === 0 ? cut(fd, found.size, () => finish(null)) : finish(null)))
    })
  })
}

/** Nothing depends on it: what can't be cut goes with the last handle. */
function cut(fd: number, size: number, done: () => void): void {
  if (size <= CUT) {
    done()
    return
  }
  fs.ftruncate(fd, size - CUT, (error) => {
    if (error) done()
    else cut(fd, size - CUT, done)
  })
}

function isRoot(path: string): boolean {
  return path === '' || path === '.'
}

function syncOne(directory: string): void {
  const fd = fs.openSync(directory, 'r')
  try {
    fs.fsyncSync(fd)
  } catch {
    // A parent we may not sync (another owner's, a mount point) was there before us.
  } finally {
    fs.closeSync(fd)
  }
}

/** What is left of the parts behind their first `length` bytes. */
function behind(parts: Uint8Array[], length: number): Uint8Array[] {
  let first = 0
  let rest = length
  while (first < parts.length && parts[first]!.length <= rest) rest -= parts[first++]!.length
  const left = parts.slice(first)
  if (left.length > 0) left[0] = left[0]!.subarray(rest)
  return left
}

class NodeFile implements DiskFile {
  readonly path: string
  private readonly fd: number

  constructor(path: string, fd: number) {
    this.path = path
    this.fd = fd
  }

  size(): number {
    return fs.fstatSync(this.fd).size
  }

  read(into: Uint8Array, at: number, length: number, position: number): number {
    let got = 0
    while (got < length) {
      const n = fs.readSync(this.fd, into, at + got, length - got, position + got)
      if (n === 0) break
      got += n
    }
    return got
  }

  readAsync(
    into: Uint8Array,
    at: number,
    length: number,
    position: number,
    done: (error: Error | null, bytesRead: number) => void,
  ): void {
    let got = 0
    const next = (error: Error | null, n: number) => {
      if (error) return done(error, got)
      got += n
      if (n === 0 || got === length) return done(null, got)
      fs.read(this.fd, into, at + got, length - got, position + got, next)
    }
    fs.read(this.fd, into, at, length, position, next)
  }

  readPartsAsync(parts: Uint8Array[], position: number, done: (error: Error | null, bytesRead: number) => void): void {
    let got = 0
    let rest = parts
    const next = (error: Error | null, n: number) => {
      if (error) return done(error, got)
      got += n
      rest = behind(rest, n)
      if (n === 0 || rest.length === 0) return done(null, got)
      fs.readv(this.fd, rest, position + got, next)
    }
    fs.readv(this.fd, rest, position, next)
  }

  write(from: Uint8Array, at: number, length: number, position: number): void {
    let put = 0
    while (put < length) put += fs.writeSync(this.fd, from, at + put, length - put, position + put)
  }

  writeAsync(
    from: Uint8Array,
    at: number,
    length: number,
    position: number,
    done: (error: Error | null) => void,
  ): void {
    let put = 0
    // A write may be cut short, by a disk that fills up for one: the rest then says what is wrong.
    const next = (error: Error | null, n: number) => {
      if (error) return done(error)
      put += n
      if (put === length) return done(null)
      fs.write(this.fd, from, at + put, length - put, position + put, next)
    }
    fs.write(this.fd, from, at, length, position, next)
  }

  sync(): void {
    fs.fdatasyncSync(this.fd)
  }

  syncAsync(done: (error: Error | null) => void): void {
    fs.fdatasync(this.fd, done)
  }

  truncate(size: number): void {
    fs.ftruncateSync(this.fd, size)
  }

  close(): void {
    fs.closeSync(this.fd)
  }
}

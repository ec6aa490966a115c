import type { Disk, DiskFile } from './disk.ts'

const CHUNK = 64 * 1024
const ZEROS = new Uint8Array(CHUNK)

/** A file's contents: chunks that hold nothing but zeros are not there. */
interface Contents {
  readonly chunks: Map<number, Uint8Array>
  size: number
}

/** Asked before an operation takes effect: an error makes it fail. */
export type DiskFault = (operation: 'write' | 'sync', path: string) => Error | null

const SOUND: DiskFault = () => null

/**
 * A data directory in memory: gone with the process, but not with the broker that used it: `takeOver` gives what was written to another one. Asynchronous
 * calls are done when the call has returned, before anything else happens.
 */
export class MemoryDisk implements Disk {
  /** May be set to make operations fail. */
  fault: DiskFault = SOUND
  private readonly files: Map<string, Contents>
  private readonly directories: Set<string>
  private dead = false

  constructor(files = new Map<string, Contents>(), directories = new Set(['']) as Set<string>) {
    this.files = files
    this.directories = directories
  }

  /** What a killed process leaves, for the next one. This disk does nothing any more: its calls are never answered. */
  takeOver(): MemoryDisk {
    this.dead = true
    return new MemoryDisk(this.files, this.directories)
  }

  list(directory: string): string[] {
    const all = [...this.files.keys(), ...this.directories].filter((path) => path !== '' && parent(path) === directory)
    return all.map((path) => path.slice(directory === '' ? 0 : directory.length + 1)).sort()
  }

  exists(path: string): boolean {
    return this.files.has(path) || this.directories.has(path)
  }

  makeDirectory(path: string): void {
    for (let at = path; at !== ''; at = parent(at)) this.directories.add(at)
  }

  open(path: string, mode: 'create' | 'existing'): DiskFile {
    let contents = this.files.get(path)
    if (contents === undefined && mode === 'existing') throw absent(path)
    if (contents === undefined || mode === 'create') this.files.set(path, (contents = { chunks: new Map(), size: 0 }))
    return new MemoryFile(this, path, contents)
  }

  openAsync(path: string, mode: 'create' | 'existing', done: (error: Error | null, file?: DiskFile) => void): void {
    this.later(() => this.open(path, mode), done)
  }

  rename(from: string, to: string): void {
    const contents = this.files.get(from)
    if (contents === undefined) throw absent(from)
    this.files.delete(from)
    this.files.set(to, contents)
  }

  renameAsync(from: string, to: string, done: (error: Error | null) => void): void {
    this.later(() => this.rename(from, to), done)
  }

  remove(path: string): void {
    if (!this.files.delete(path)) throw absent(path)
  }

  removeAsync(path: string, done: (error: Error | null) => void): void {
    this.later(() => this.remove(path), done)
  }

  linkAsync(_path: string, _to: Disk, done: (error: Error | null, linked?: boolean) => void): void {
    this.later(() => false, done)
  }

  syncDirectory(): void {}

  syncDirectoryAsync(_path: string, done: (error: Error | null) => void): void {
    this.later(() => {}, done)
  }

  freeAsync(done: (error: Error | null, bytes?: number) => void): void {
    this.later(() => Number.MAX_SAFE_INTEGER, done)
  }

  /** For its files: does something once the call has returned. */
  later<T>(act: () => T, done: (error: Error | null, result?: T) => void): void {
    queueMicrotask(() => {
      if (this.dead) return
      let result: T
      try {
        result = act()
      } catch (error) {
        done(error as Error)
        return
      }
      done(null, result)
    })
  }
}

class MemoryFile implements DiskFile {
  readonly path: string
  private readonly disk: MemoryDisk
  private readonly contents: Contents

  constructor(disk: MemoryDisk, path: string, contents: Contents) {
    this.disk = disk
    this.path = path
    this.contents = contents
  }

  size(): number {
    return this.contents.size
  }

  read(into: Uint8Array, at: number, length: number, position: number): number {
    const { chunks, size } = this.contents
    const count = Math.max(0, Math.min(length, size - position))
    for (let done = 0; done < count; ) {
      const offset = (position + done) % CHUNK
      const part = Math.min(CHUNK - offset, count - done)
      const chunk = chunks.get(Math.floor((position + done) / CHUNK)) ?? ZEROS
      into.set(chunk.subarray(offset, offset + part), at + done)
      done += part
    }
    return count
  }

  readAsync(
    into: Uint8Array,
    at: number,
    length: number,
    position: number,
    done: (error: Error | null, bytesRead: number) => void,
  ): void {
    this.disk.later(
      () => this.read(into, at, length, position),
      (error, count) => done(error, count ?? 0),
    )
  }

  readPartsAsync(parts: Uint8Array[], position: number, done: (error: Error | null, bytesRead: number) => void): void {
    const act = () => {
      let count = 0
      for (const part of parts) count += this.read(part, 0, part.length, position + count)
      return count
    }
    this.disk.later(act, (error, count) => done(error, count ?? 0))
  }

  write(from: Uint8Array, at: number, length: number, position: number): void {
    const fault = this.disk.fault('write', this.path)
    if (fault !== null) throw fault
    const { chunks } = this.contents
    for (let done = 0; done < length; ) {
      const index = Math.floor((position + done) / CHUNK)
      const offset = (position + done) % CHUNK
      const part = Math.min(CHUNK - offset, length - done)
      const bytes = from.subarray(at + done, at + done + part)
      let chunk = chunks.get(index)
      if (chunk === undefined && !isZero(bytes)) chunks.set(index, (chunk = new Uint8Array(CHUNK)))
      chunk?.set(bytes, offset)
      done += part
    }
    this.contents.size = Math.max(this.contents.size, position + length)
  }

  writeAsync(
    from: Uint8Array,
    at: number,
    length: number,
    position: number,
    done: (error: Error | null) => void,
  ): void {
    this.disk.later(() => this.write(from, at, length, position), done)
  }

  sync(): void {
    const fault = this.disk.fault('sync', this.path)
    if (fault !== null) throw fault
  }

  syncAsync(done: (error: Error | null) => void): void {
    this.disk.later(() => this.sync(), done)
  }

  truncate(size: number): void {
    const { chunks } = this.contents
    const last = Math.floor(size / CHUNK)
    for (const index of [...chunks.keys()]) if (index > last) chunks.delete(index)
    chunks.get(last)?.fill(0, size % CHUNK)
    this.contents.size = size
  }

  close(): void {}
}

function parent(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')))
}

function isZero(bytes: Uint8Array): boolean {
  return Buffer.compare(bytes, ZEROS.subarray(0, bytes.length)) === 0
}

function absent(path: string): Error {
  return Object.assign(new Error(`ENOENT: ${path} is not in memory`), { code: 'ENOENT' })
}

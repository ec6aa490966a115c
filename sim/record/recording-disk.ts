import type { Disk, DiskFile } from '../../src/env/disk.ts'
import type { RecordedEvent } from './event.ts'

type Note = (event: RecordedEvent) => void
type Done = (error: Error | null) => void

/** A real disk that notes what is done to it, with contents, before it is done; a sync also when it is over. */
export class RecordingDisk implements Disk {
  private readonly disk: Disk
  private readonly note: Note
  private files = 0

  constructor(disk: Disk, note: Note) {
    this.disk = disk
    this.note = note
  }

  list(directory: string): string[] {
    return this.disk.list(directory)
  }

  exists(path: string): boolean {
    return this.disk.exists(path)
  }

  makeDirectory(path: string): void {
    this.note({ kind: 'directory', path })
    this.disk.makeDirectory(path)
  }

  open(path: string, mode: 'create' | 'existing'): DiskFile {
    return this.opened(this.disk.open(path, mode), path, mode)
  }

  openAsync(path: string, mode: 'create' | 'existing', done: (error: Error | null, file?: DiskFile) => void): void {
    this.disk.openAsync(path, mode, (error, file) => {
      if (error !== null) done(error)
      else done(null, this.opened(file!, path, mode))
    })
  }

  rename(from: string, to: string): void {
    this.note({ kind: 'rename', from, to })
    this.disk.rename(from, to)
  }

  /** What is linked elsewhere is no matter of this disk. */
  linkAsync(path: string, to: Disk, done: (error: Error | null, linked?: boolean) => void): void {
    this.disk.linkAsync(path, to, done)
  }

  renameAsync(from: string, to: string, done: Done): void {
    this.note({ kind: 'rename', from, to })
    this.disk.renameAsync(from, to, done)
  }

  remove(path: string): void {
    this.note({ kind: 'remove', path })
    this.disk.remove(path)
  }

  removeAsync(path: string, done: Done): void {
    this.note({ kind: 'remove', path })
    this.disk.removeAsync(path, done)
  }

  syncDirectory(path: string): void {
    this.disk.syncDirectory(path)
    this.note({ kind: 'directory synced', path })
  }

  syncDirectoryAsync(path: string, done: Done): void {
    this.disk.syncDirectoryAsync(path, (error) => {
      if (error === null) this.note({ kind: 'directory synced', path })
      done(error)
    })
  }

  freeAsync(done: (error: Error | null, bytes?: number, total?: number) => void): void {
    this.disk.freeAsync(done)
  }

  private opened(file: DiskFile, path: string, mode: 'create' | 'existing'): DiskFile {
    const number = ++this.files
    if (mode === 'create') this.note({ kind: 'create', path })
    this.note({ kind: 'open', path, file: number })
    return new RecordingFile(file, number, this.note)
  }
}

let syncs = 0

class RecordingFile implements DiskFile {
  readonly path: string
  private readonly file: DiskFile
  private readonly number: number
  private readonly note: Note

  constructor(file: DiskFile, number: number, note: Note) {
    this.path = file.path
    this.file = file
    this.number = number
    this.note = note
  }

  size(): number {
    return this.file.size()
  }

  read(into: Uint8Array, at: number, length: number, position: number): number {
    return this.file.read(into, at, length, position)
  }

  readAsync(
    into: Uint8Array,
    at: number,
    length: number,
    position: number,
    done: (error: Error | null, n: number) => void,
  ) {
    this.file.readAsync(into, at, length, position, done)
  }

  readPartsAsync(parts: Uint8Array[], position: number, done: (error: Error | null, n: number) => void): void {
    this.file.readPartsAsync(parts, position, done)
  }

  write(from: Uint8Array, at: number, length: number, position: number): void {
    this.noteWrite(from, at, length, position)
    this.file.write(from, at, length, position)
  }

  writeAsync(from: Uint8Array, at: number, length: number, position: number, done: Done): void {
    this.noteWrite(from, at, length, position)
    this.file.writeAsync(from, at, length, position, done)
  }

  sync(): void {
    const sync = this.noteSync()
    this.file.sync()
    this.note({ kind: 'synced', sync })
  }

  syncAsync(done: Done): void {
    const sync = this.noteSync()
    this.file.syncAsync((error) => {
      if (error === null) this.note({ kind: 'synced', sync })
      done(error)
    })
  }

  truncate(size: number): void {
    this.note({ kind: 'truncate', file: this.number, size })
    this.file.truncate(size)
  }

  close(): void {
    this.file.close()
  }

  private noteSync(): number {
    const sync = ++syncs
    this.note({ kind: 'sync', file: this.number, sync })
    return sync
  }

  private noteWrite(from: Uint8Array, at: number, length: number, position: number): void {
    const bytes = new Uint8Array(from.subarray(at, at + length))
    this.note({ kind: 'write', file: this.number, position, bytes })
  }
}

import type { Disk, DiskFile } from './disk.ts'

/**
 * A disk that is taken from who uses it, as from a process that is killed: what is under way is finished, nothing more is done, and nobody hears of either. Who
 * comes next has the directory alone.
 */
export class MortalDisk implements Disk {
  private readonly disk: Disk
  private readonly files = new Set<DiskFile>()
  private underWay = 0
  private dead = false
  private quiet: () => void = () => {}

  constructor(disk: Disk) {
    this.disk = disk
  }

  /** Resolves when nothing is under way any more. */
  async die(): Promise<void> {
    this.dead = true
    if (this.underWay > 0) {
      await new Promise<void>((resolve) => {
        this.quiet = resolve
      })
    }
    for (const file of this.files) file.close()
    this.files.clear()
  }

  /** Does something that answers at once; nothing and `none` once it is over. */
  now<T>(act: () => T, none: T): T {
    return this.dead ? none : act()
  }

  /** Begins something that answers later, and passes the answer on unless it is over by then. */
  later<Told extends unknown[]>(begin: (done: (...told: Told) => void) => void, done: (...told: Told) => void): void {
    if (this.dead) return
    this.underWay++
    begin((...told) => {
      this.underWay--
      if (!this.dead) done(...told)
      else if (this.underWay === 0) this.quiet()
    })
  }

  closed(file: DiskFile): void {
    if (this.files.delete(file)) file.close()
  }

  list(directory: string): string[] {
    return this.now(() => this.disk.list(directory), [])
  }

  exists(path: string): boolean {
    return this.now(() => this.disk.exists(path), false)
  }

  makeDirectory(path: string): void {
    this.now(() => this.disk.makeDirectory(path), undefined)
  }

  open(path: string, mode: 'create' | 'existing'): DiskFile {
    if (this.dead) throw new Error(`${path}: the disk is gone`)
    return this.opened(this.disk.open(path, mode))
  }

  openAsync(path: string, mode: 'create' | 'existing', done: (error: Error | null, file?: DiskFile) => void): void {
    this.later<[Error | null, DiskFile?]>(
      (told) =>
        this.disk.openAsync(path, mode, (error, file) => {
          if (file === undefined) told(error)
          else told(error, this.opened(file))
        }),
      done,
    )
  }

  rename(from: string, to: string): void {
    this.now(() => this.disk.rename(from, to), undefined)
  }

  renameAsync(from: string, to: string, done: (error: Error | null) => void): void {
    this.later((told) => this.disk.renameAsync(from, to, told), done)
  }

  remove(path: string): void {
    this.now(() => this.disk.remove(path), undefined)
  }

  removeAsync(path: string, done: (error: Error | null) => void): void {
    this.later((told) => this.disk.removeAsync(path, told), done)
  }

  linkAsync(path: string, to: Disk, done: (error: Error | null, linked?: boolean) => void): void {
    this.later<[Error | null, boolean?]>((told) => this.disk.linkAsync(path, to, told), done)
  }

  syncDirectory(path: string): void {
    this.now(() => this.disk.syncDirectory(path), undefined)
  }

  syncDirectoryAsync(path: string, done: (error: Error | null) => void): void {
    this.later((told) => this.disk.syncDirectoryAsync(path, told), done)
  }

  freeAsync(done: (error: Error | null, bytes?: number, total?: number) => void): void {
    this.later<[Error | null, number?, number?]>((told) => this.disk.freeAsync(told), done)
  }

  private opened(file: DiskFile): DiskFile {
    this.files.add(file)
    return new MortalFile(this, file)
  }
}

class MortalFile implements DiskFile {
  private readonly disk: MortalDisk
  private readonly file: DiskFile

  constructor(disk: MortalDisk, file: DiskFile) {
    this.disk = disk
    this.file = file
  }

  get path(): string {
    return this.file.path
  }

  size(): number {
    return this.disk.now(() => this.file.size(), 0)
  }

  read(into: Uint8Array, at: number, length: number, position: number): number {
    return this.disk.now(() => this.file.read(into, at, length, position), 0)
  }

  readAsync(
    into: Uint8Array,
    at: number,
    length: number,
    position: number,
    done: (error: Error | null, bytesRead: number) => void,
  ): void {
    this.disk.later((told) => this.file.readAsync(into, at, length, position, told), done)
  }

  readPartsAsync(parts: Uint8Array[], position: number, done: (error: Error | null, bytesRead: number) => void): void {
    this.disk.later((told) => this.file.readPartsAsync(parts, position, told), done)
  }

  write(from: Uint8Array, at: number, length: number, position: number): void {
    this.disk.now(() => this.file.write(from, at, length, position), undefined)
  }

  writeAsync(
    from: Uint8Array,
    at: number,
    length: number,
    position: number,
    done: (error: Error | null) => void,
  ): void {
    this.disk.later((told) => this.file.writeAsync(from, at, length, position, told), done)
  }

  sync(): void {
    this.disk.now(() => this.file.sync(), undefined)
  }

  syncAsync(done: (error: Error | null) => void): void {
    this.disk.later((told) => this.file.syncAsync(told), done)
  }

  truncate(size: number): void {
    this.disk.now(() => this.file.truncate(size), undefined)
  }

  close(): void {
    this.disk.closed(this.file)
  }
}

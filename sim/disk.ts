import type { Disk, DiskFile } from '../src/env/disk.ts'
import { assert } from '../src/std/assert.ts'
import type { SimClock } from './clock.ts'
import { type Fate, Inode } from './inode.ts'
import { directoryOf, Names } from './names.ts'
import type { Dice } from './random.ts'

/** Thrown out of a synchronous call in whose middle the power went. */
export class PowerLoss extends Error {
  override name = 'PowerLoss'
}

/** What a disk refuses with, as the operating system words it. */
export class DiskError extends Error {
  override name = 'DiskError'
  readonly code: string

  constructor(code: string, path: string) {
    super(`${code}: ${path}`)
    this.code = code
  }
}

export interface DiskOptions {
  /** Bytes that fit; more is ENOSPC. */
  capacity?: number
  /** Longest delay of an asynchronous call in milliseconds. */
  slowest?: number
}

export class DiskCounts {
  writes = 0
  bytesWritten = 0
  reads = 0
  syncs = 0
  /** Syncs of files of which a sync was under way. */
  syncsBeside = 0
  creates = 0
  renames = 0
  removes = 0
  directorySyncs = 0
  /** Writes that an error or a full disk cut short. */
  partialWrites = 0
  full = 0
  injected = 0
  flips = 0
  crashes = 0
  /** Of unsynced changes at power losses: those kept in part, and those gone. */
  torn = 0
  lost = 0
  lostNames = 0
}

/**
 * A disk in memory, with the difference between written and synced that a real one has. Asynchronous calls complete at
 * random later instants and in any order. After `lose()` it is dead: calls throw or never complete.
 */
export class SimDisk implements Disk {
  readonly counts: DiskCounts
  capacity: number
  /** Called before each operation takes effect, with its name: to count, to lose power, or to fail it (an error code). */
  onOperation: (kind: string, path: string) => string | undefined = () => undefined
  readonly names: Names
  /** What asynchronous writes under way may do before the power goes. */
  readonly flights = new Set<() => void>()
  /** Files with a sync under way. */
  readonly syncing = new Set<Inode>()
  readonly clock: SimClock
  private readonly dice: Dice
  private readonly slowest: number
  private dead = false
  /** The power is about to be found gone: nothing works any more, `lose` says what is left. */
  dark = false

  constructor(clock: SimClock, dice: Dice, options: DiskOptions = {}, names = new Names(), counts = new DiskCounts()) {
    this.clock = clock
    this.dice = dice
    this.capacity = options.capacity ?? Number.POSITIVE_INFINITY
    this.slowest = options.slowest ?? 5
    this.names = names
    this.counts = counts
  }

  /**
   * Power loss: this disk is dead from now on; the one returned holds what is left. Unsynced bytes are lost, kept, cut
   * or torn, sector by sector, file by file.
   */
  lose(fate?: Fate): SimDisk {
    assert(!this.dead, 'power can only go once')
    for (const partly of this.flights) if (this.dice.chance(0.5)) partly()
    this.flights.clear()
    this.dead = true
    return this.image(this.dice, fate)
  }

  /** A disk as a power loss might leave it while nothing is under way; this one stays as it is. */
  image(dice: Dice, fate?: Fate): SimDisk {
    assert(this.flights.size === 0, 'nothing is under way')
    this.counts.crashes++
    const { names, lost } = this.names.afterLoss(dice)
    this.counts.lostNames += lost
    const files = new Map<string, Inode>()
    for (const [path, inode] of names.seen.files) {
      const loss = inode.afterLoss(dice, fate ?? dice.pick(FATES))
      this.counts.torn += loss.torn
      this.counts.lost += loss.lost
      files.set(path, loss.inode)
    }
    const options = { capacity: this.capacity, slowest: this.slowest }
    return new SimDisk(this.clock, dice, options, new Names(files, names.seen.directories), this.counts)
  }

  /** kill -9: this disk is dead from now on; the one returned holds everything that was written, synced or not. */
  kill(): SimDisk {
    assert(!this.dead, 'a process dies once')
    for (const partly of this.flights) if (this.dice.chance(0.5)) partly()
    this.flights.clear()
    this.dead = true
    const options = { capacity: this.capacity, slowest: this.slowest }
    return new SimDisk(this.clock, this.dice, options, this.names, this.counts)
  }

  /** What a kill -9 at this moment would leave, on a disk of its own; this one goes on. */
  copy(clock: SimClock, dice: Dice): SimDisk {
    const files = new Map<string, Inode>()
    for (const [path, inode] of this.names.seen.files) files.set(path, new Inode(inode.contents()))
    return new SimDisk(clock, dice, {}, new Names(files, this.names.seen.directories))
  }

  /** Bytes in use by files that have a name. */
  used(): number {
    let sum = 0
    for (const inode of this.names.seen.files.values()) sum += inode.size
    return sum
  }

  /** A file's contents as the process sees them, or undefined if there is none. */
  contents(path: string): Uint8Array | undefined {
    return this.names.seen.files.get(path)?.contents()
  }

  /** The disk itself goes bad: one bit of a file is another one from now on. */
  flip(path: string, position: number, bit: number): void {
    this.counts.flips++
    this.names.seen.files.get(path)!.flip(position, bit)
  }

  list(directory: string): string[] {
    this.alive()
    const { files, directories } = this.names.seen
    const found = [...files.keys(), ...directories].filter((path) => path !== '' && directoryOf(path) === directory)
    return found.map((path) => path.slice(directory === '' ? 0 : directory.length + 1)).sort()
  }

  exists(path: string): boolean {
    this.alive()
    return this.names.seen.files.has(path) || this.names.seen.directories.has(path)
  }

  makeDirectory(path: string): void {
    this.begin('makeDirectory', path)
    let at = path.indexOf('/')
    for (;;) {
      const part = at < 0 ? path : path.slice(0, at)
      if (!this.names.seen.directories.has(part)) this.names.do({ kind: 'directory', path: part })
      if (at < 0) return
      at = path.indexOf('/', at + 1)
    }
  }

  open(path: string, mode: 'create' | 'existing'): DiskFile {
    this.begin('open', path)
    return this.opened(path, mode)
  }

  openAsync(path: string, mode: 'create' | 'existing', done: (error: Error | null, file?: DiskFile) => void): void {
    this.later('open', path, () => this.opened(path, mode), done)
  }

  rename(from: string, to: string): void {
    this.begin('rename', from)
    this.renamed(from, to)
  }

  renameAsync(from: string, to: string, done: (error: Error | null) => void): void {
    this.later('rename', from, () => this.renamed(from, to), done)
  }

  remove(path: string): void {
    this.begin('remove', path)
    this.removed(path)
  }

  removeAsync(path: string, done: (error: Error | null) => void): void {
    this.later('remove', path, () => this.removed(path), done)
  }

  linkAsync(path: string, to: Disk, done: (error: Error | null, linked?: boolean) => void): void {
    const act = () => {
      const inode = this.names.seen.files.get(path)
      if (inode === undefined) throw new DiskError('ENOENT', path)
      // Two file systems, now and then.
      if (!(to instanceof SimDisk) || this.dice.chance(0.3)) return false
      to.begin('link', path)
      to.names.do({ kind: 'create', path, inode })
      return true
    }
    this.later('link', path, act, done)
  }

  syncDirectory(path: string): void {
    this.begin('syncDirectory', path)
    this.counts.directorySyncs++
    this.names.settle(path)
  }

  syncDirectoryAsync(path: string, done: (error: Error | null) => void): void {
    this.later('syncDirectory', path, () => this.syncDirectoryNow(path), done)
  }

  freeAsync(done: (error: Error | null, bytes?: number) => void): void {
    this.later('free', '', () => Math.max(0, Math.min(Number.MAX_SAFE_INTEGER, this.capacity) - this.used()), done)
  }

  /** For `SimFile`: an operation that takes effect now. */
  begin(kind: string, path: string): void {
    this.alive()
    const code = this.onOperation(kind, path)
    this.alive()
    if (code === undefined) return
    this.counts.injected++
    throw new DiskError(code, path)
  }

  /** For `SimFile`: an operation that takes effect, and is answered, at some later instant. */
  later<T>(kind: string, path: string, act: () => T, done: (error: Error | null, result?: T) => void): void {
    if (this.dead || this.dark) return
    this.clock.after(this.delay(), () => {
      if (this.dead || this.dark) return
      let result: T
      try {
        this.begin(kind, path)
        result = act()
      } catch (error) {
        if (error instanceof DiskError) return done(error)
        throw error
      }
      done(null, result)
    })
  }

  alive(): void {
    if (this.dead || this.dark) throw new PowerLoss('the power has gone')
  }

  private delay(): number {
    // Most calls are quick; one in fifty waits for the disk's own housekeeping.
    return this.dice.chance(0.02) ? this.dice.unit() * this.slowest * 10 : this.dice.unit() ** 3 * this.slowest
  }

  private opened(path: string, mode: 'create' | 'existing'): DiskFile {
    if (!this.names.seen.directories.has(directoryOf(path))) throw new DiskError('ENOENT', path)
    let inode = this.names.seen.files.get(path)
    if (inode === undefined) {
      if (mode === 'existing') throw new DiskError('ENOENT', path)
      inode = new Inode()
      this.counts.creates++
      this.names.do({ kind: 'create', path, inode })
    } else if (mode === 'create') {
      inode.truncate(0)
    }
    return new SimFile(this, path, inode)
  }

  private renamed(from: string, to: string): void {
    if (!this.names.seen.files.has(from)) throw new DiskError('ENOENT', from)
    this.counts.renames++
    this.names.do({ kind: 'rename', from, to })
  }

  private removed(path: string): void {
    if (!this.names.seen.files.has(path)) throw new DiskError('ENOENT', path)
    this.counts.removes++
    this.names.do({ kind: 'remove', path })
  }

  private syncDirectoryNow(path: string): void {
    this.counts.directorySyncs++
    this.names.settle(path)
  }
}

const FATES: readonly Fate[] = ['lost', 'kept', 'prefix', 'any', 'any']

export class SimFile implements DiskFile {
  readonly path: string
  readonly disk: SimDisk
  private readonly inode: Inode
  private closed = false
  private underWay = 0

  constructor(disk: SimDisk, path: string, inode: Inode) {
    this.disk = disk
    this.path = path
    this.inode = inode
  }

  size(): number {
    this.disk.alive()
    return this.inode.size
  }

  read(into: Uint8Array, at: number, length: number, position: number): number {
    this.begin('read')
    return this.readNow(into, at, length, position)
  }

  readAsync(
    into: Uint8Array,
    at: number,
    length: number,
    position: number,
    done: (error: Error | null, bytesRead: number) => void,
  ): void {
    this.open()
    const act = () => this.readNow(into, at, length, position)
    this.later('read', act, (error, n) => done(error, n ?? 0))
  }

  readPartsAsync(parts: Uint8Array[], position: number, done: (error: Error | null, bytesRead: number) => void): void {
    this.open()
    const act = () => {
      let got = 0
      for (const part of parts) got += this.readNow(part, 0, part.length, position + got)
      return got
    }
    this.later('read', act, (error, n) => done(error, n ?? 0))
  }

  write(from: Uint8Array, at: number, length: number, position: number): void {
    this.begin('write')
    this.writeNow(from, at, length, position)
  }

  writeAsync(
    from: Uint8Array,
    at: number,
    length: number,
    position: number,
    done: (error: Error | null) => void,
  ): void {
    this.open()
    assert(at >= 0 && at + length <= from.length, 'a write has all its bytes')
    const partly = () => this.inode.write(from, at, length, position)
    this.disk.flights.add(partly)
    const act = () => this.writeNow(from, at, length, position)
    this.later('write', act, (error) => {
      this.disk.flights.delete(partly)
      done(error)
    })
  }

  sync(): void {
    this.begin('sync')
    this.disk.counts.syncs++
    this.inode.settle(this.inode.mark())
  }

  syncAsync(done: (error: Error | null) => void): void {
    this.open()
    // What is written after the call may not be part of it.
    const mark = this.inode.mark()
    const { counts, syncing } = this.disk
    const beside = syncing.has(this.inode)
    if (beside) counts.syncsBeside++
    else syncing.add(this.inode)
    const act = () => {
      counts.syncs++
      this.inode.settle(mark)
    }
    this.later('sync', act, (error) => {
      if (!beside) syncing.delete(this.inode)
      done(error)
    })
  }

  truncate(size: number): void {
    this.begin('truncate')
    this.inode.truncate(size)
  }

  close(): void {
    this.open()
    // The number of a closed file may be another file's by the time the call gets to it.
    assert(this.underWay === 0, `${this.path} is closed when nothing is under way`)
    this.closed = true
  }

  private begin(kind: string): void {
    this.open()
    this.disk.begin(kind, this.path)
  }

  private later<T>(kind: string, act: () => T, done: (error: Error | null, result?: T) => void): void {
    this.underWay++
    this.disk.later(kind, this.path, act, (error, result) => {
      this.underWay--
      done(error, result)
    })
  }

  private open(): void {
    assert(!this.closed, `${this.path} is open`)
  }

  private readNow(into: Uint8Array, at: number, length: number, position: number): number {
    this.disk.counts.reads++
    const n = Math.max(0, Math.min(length, this.inode.size - position))
    if (n > 0) into.set(this.inode.contents().subarray(position, position + n), at)
    return n
  }

  private writeNow(from: Uint8Array, at: number, length: number, position: number): void {
    const { counts } = this.disk
    const growth = Math.max(0, position + length - this.inode.size)
    const room = this.disk.capacity - this.disk.used()
    counts.writes++
    if (growth <= room) {
      counts.bytesWritten += length
      this.inode.write(from, at, length, position)
      return
    }
    // A file system that fills up takes what fits and refuses the rest.
    counts.full++
    counts.partialWrites++
    const fits = Math.max(0, Math.min(length, length - growth + Math.max(0, room)))
    if (fits > 0) this.inode.write(from, at, fits, position)
    throw new DiskError('ENOSPC', this.path)
  }
}

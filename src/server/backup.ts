import * as fs from 'node:fs'
import { join, relative } from 'node:path'
import type { Broker } from '../broker/broker.ts'
import type { Disk, DiskFile } from '../env/disk.ts'
import type { HeldFile } from '../store/held-files.ts'

/** What a data directory is made of; the rest is a process's own, or made anew at every start. */
const FOLDERS = ['journal', 'checkpoint', 'segment']
const FILES = ['VERSION', 'CLOSED']
/** What a copy is known by, and so is written last. */
const VERSION = 'VERSION'
/** Bytes copied in one go: whoever syncs the journal meanwhile waits for them. */
const CHUNK = 2 ** 20

/** What is wrong with a place for a copy; null if nothing is. */
export function targetProblem(directory: string, target: string): string | null {
  if (!relative(directory, target).startsWith('..')) return `${target} is the data directory, or in it`
  if (fs.existsSync(target) && fs.readdirSync(target).length > 0) return `${target} is not empty`
  return null
}

/**
 * Copies the data directory of a broker that goes on meanwhile, as it is now: what is confirmed is in the copy. What is never written again
 * gets a second name where the file system can do that; the journal, which is used again, is copied piece by piece, each a job in the background. The copy
 * has no VERSION before all else is on the disk, and so is none before that. `done` is told the number of files.
 */
export function backUp(broker: Broker, target: Disk, done: Backup['done'], chunk = CHUNK): void {
  new Backup(broker, target, done, chunk).begin()
}

type Step = (error: Error | null) => void

/** One copy that is being made. */
export class Backup {
  private readonly broker: Broker
  private readonly target: Disk
  private readonly done: (error: Error | null, files: number) => void
  private readonly bytes: Uint8Array
  /** What is still to be copied, the first of them now. */
  private held: HeldFile[] = []
  /** The checkpoint, open from the beginning: the next one takes its place. */
  private checkpoint: { readonly path: string; readonly file: DiskFile } | null = null
  private files = 0

  constructor(broker: Broker, target: Disk, done: Backup['done'], chunk: number) {
    this.broker = broker
    this.target = target
    this.done = done
    this.bytes = new Uint8Array(chunk)
  }

  begin(): void {
    const { store, env } = this.broker
    const held = store.hold()
    this.held = [...held].sort(journalFirst)
    try {
      for (const folder of FOLDERS) this.target.makeDirectory(folder)
      const path = held.find((file) => file.path.startsWith('checkpoint'))?.path
      if (path !== undefined) this.checkpoint = { path, file: env.disk.open(path, 'existing') }
    } catch (error) {
      this.end(error as Error)
      return
    }
    this.next()
  }

  private next(): void {
    const { store } = this.broker
    const [file] = this.held
    if (store.isClosing) this.end(new Error('the broker stops'))
    else if (store.journal.full) this.end(new Error('the disk is full'))
    else if (file === undefined) this.complete()
    else
      this.take(file, (error) => {
        if (error !== null) {
          this.end(error)
          return
        }
        this.held.shift()
        file.release()
        this.next()
      })
  }

  private take(file: HeldFile, done: Step): void {
    const { disk } = this.broker.env
    if (file.path === this.checkpoint?.path) this.copy(this.checkpoint.file, file.path, file.length, done)
    else if (!file.final) this.copyFrom(file, done)
    else
      disk.linkAsync(file.path, this.target, (error, linked) => {
        if (error === null && linked !== true) this.copyFrom(file, done)
        else {
          this.files++
          done(error)
        }
      })
  }

  private copyFrom({ path, length }: Pick<HeldFile, 'path' | 'length'>, done: Step, to = path): void {
    this.broker.env.disk.openAsync(path, 'existing', (error, from) => {
      if (error !== null) {
        done(error)
        return
      }
      this.copy(from!, to, length, (copyError) => {
        from!.close()
        done(copyError)
      })
    })
  }

  /** Copies the first `length` bytes. What lies behind is as good as never written. */
  private copy(from: DiskFile, path: string, length: number, done: Step): void {
    this.target.openAsync(path, 'create', (error, to) => {
      if (error !== null) {
        done(error)
        return
      }
      const size = from.size()
      const end = Math.min(size, length)
      const over = (problem: Error | null): void => {
        to!.close()
        this.files++
        done(problem)
      }
      const goOn = (problem: Error | null, at: number): void => {
        if (problem !== null) over(problem)
        else if (at < end) this.copyPiece(from, to!, at, Math.min(this.bytes.length, end - at), goOn)
        else {
          if (end < size) to!.truncate(size)
          to!.syncAsync(over)
        }
      }
      goOn(null, 0)
    })
  }

  private copyPiece(
    from: DiskFile,
    to: DiskFile,
    at: number,
    length: number,
    done: (error: Error | null, at: number) => void,
  ): void {
    const { bytes, broker } = this
    broker.store.background.add((over) => {
      const end = (error: Error | null): void => {
        over()
        done(error, at + length)
      }
      from.readAsync(bytes, 0, length, at, (error, n) => {
        if (error !== null || n < length) end(error ?? new Error(`${from.path} has become shorter`))
        else
          to.writeAsync(bytes, 0, length, at, (writeError) =>
            writeError === null ? to.syncAsync(end) : end(writeError),
          )
      })
    })
  }

  /** Everything is there: when it is sure to stay, the copy becomes one. */
  private complete(): void {
    this.syncFolders([...FOLDERS], (error) => {
      if (error === null) this.mark((problem) => this.end(problem))
      else this.end(error)
    })
  }

  private syncFolders([folder, ...more]: string[], done: Step): void {
    if (folder === undefined) done(null)
    else
      this.target.syncDirectoryAsync(folder, (error) => (error === null ? this.syncFolders(more, done) : done(error)))
  }

  private mark(done: Step): void {
    const { target } = this
    const made = `${VERSION}.new`
    this.copyFrom(
      { path: VERSION, length: Number.POSITIVE_INFINITY },
      (error) => {
        if (error !== null) done(error)
        else
          target.renameAsync(made, VERSION, (problem) => {
            if (problem !== null) done(problem)
            else target.syncDirectoryAsync('', done)
          })
      },
      made,
    )
  }

  private end(error: Error | null): void {
    for (const file of this.held) file.release()
    this.held = []
    this.checkpoint?.file.close()
    this.done(error, this.files)
  }
}

/** What the broker waits for most is let go first. */
function journalFirst(a: HeldFile, b: HeldFile): number {
  return Number(a.final) - Number(b.final)
}

async function syncPath(path: string): Promise<void> {
  const file = await fs.promises.open(path, 'r')
  await file.sync()
  await file.close()
}

/** Copies a directory that nobody has open. Returns the copies. */
export function copyData(directory: string, target: string): string[] {
  for (const folder of FOLDERS) fs.mkdirSync(join(target, folder), { recursive: true })
  const paths = listed(directory)
  for (const path of paths) fs.copyFileSync(join(directory, path), join(target, path), fs.constants.COPYFILE_FICLONE)
  return paths.map((path) => join(target, path))
}

/** Makes sure that a power loss takes nothing of the copy. */
export async function syncCopies(target: string, copies: readonly string[]): Promise<void> {
  for (const path of [...copies, ...FOLDERS.map((folder) => join(target, folder)), target]) await syncPath(path)
}

function listed(directory: string): string[] {
  const inside = FOLDERS.filter((folder) => fs.existsSync(join(directory, folder))).flatMap((folder) =>
    fs.readdirSync(join(directory, folder)).map((name) => join(folder, name)),
  )
  return [...inside, ...FILES.filter((name) => fs.existsSync(join(directory, name)))]
}

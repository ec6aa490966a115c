import * as fs from 'node:fs'
import { join, relative } from 'node:path'
import type { Broker } from '../broker/broker.ts'
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
 * has no VERSION before all else is on the disk, and so is none before that. Resolves to the number of files.
 */
export async function backUp(broker: Broker, directory: string, target: string): Promise<number> {
  const { store } = broker
  for (const folder of FOLDERS) fs.mkdirSync(join(target, folder), { recursive: true })
  const held = store.hold()
  // The next checkpoint takes its place.
  const checkpoint = held.find(({ path }) => path.startsWith('checkpoint'))
  const kept = checkpoint === undefined ? null : fs.openSync(join(directory, checkpoint.path), 'r')
  try {
    for (const file of [...held].sort(journalFirst)) {
      if (store.isClosing) throw new Error('the broker stops')
      if (store.journal.full) throw new Error('the disk is full')
      const from = file === checkpoint ? kept! : join(directory, file.path)
      await copyHeld(broker, from, join(target, file.path), file)
      file.release()
      held.splice(held.indexOf(file), 1)
    }
  } finally {
    if (kept !== null) fs.closeSync(kept)
    for (const file of held) file.release()
  }
  for (const folder of FOLDERS) await syncPath(join(target, folder))
  await fs.promises.copyFile(join(directory, VERSION), join(target, VERSION))
  for (const path of [join(target, VERSION), target]) await syncPath(path)
  return FOLDERS.reduce((sum, folder) => sum + fs.readdirSync(join(target, folder)).length, 1)
}

/** What the broker waits for most is let go first. */
function journalFirst(a: HeldFile, b: HeldFile): number {
  return Number(a.final) - Number(b.final)
}

async function copyHeld(broker: Broker, from: string | number, to: string, { final, length }: HeldFile): Promise<void> {
  if (final && typeof from === 'string' && (await link(from, to))) return
  const source = typeof from === 'number' ? from : fs.openSync(from, 'r')
  const target = await fs.promises.open(to, 'wx')
  try {
    const { size } = fs.fstatSync(source)
    const end = Math.min(size, length)
    const bytes = new Uint8Array(CHUNK)
    for (let at = 0; at < end; ) {
      const wanted = Math.min(CHUNK, end - at)
      at += await inBackground(broker, (done) => copyChunk(source, target.fd, bytes, wanted, at, done))
    }
    // What lies behind is as good as never written.
    if (end < size) await target.truncate(size)
    await target.sync()
  } finally {
    await target.close()
    if (source !== from) fs.closeSync(source)
  }
}

/** False if the file system can't give a file a second name there. */
function link(from: string, to: string): Promise<boolean> {
  return fs.promises.link(from, to).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (['EXDEV', 'EPERM', 'ENOTSUP', 'EMLINK', 'ENOSYS'].includes(error.code ?? '')) return false
      throw error
    },
  )
}

type Copied = (error: Error | null, bytes: number) => void

function inBackground(broker: Broker, job: (done: Copied) => void): Promise<number> {
  return new Promise((resolve, reject) => {
    broker.store.background.add((over) => {
      job((error, bytes) => {
        over()
        if (error === null) resolve(bytes)
        else reject(error)
      })
    })
  })
}

function copyChunk(from: number, to: number, bytes: Uint8Array, length: number, at: number, done: Copied): void {
  fs.read(from, bytes, 0, length, at, (error, n) => {
    if (error !== null || n === 0) return done(error ?? new Error('a file has become shorter'), 0)
    fs.write(to, bytes, 0, n, at, (writeError, written) => {
      if (writeError !== null) return done(writeError, 0)
      fs.fdatasync(to, (syncError) => done(syncError, written))
    })
  })
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

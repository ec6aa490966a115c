import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { type Lock, LockedError, lockDirectory, socketPath } from './node-lock.ts'

const root = mkdtempSync(join(tmpdir(), 'posthorn-lock-'))
after(() => rmSync(root, { recursive: true }))

function lock(directory: string): Promise<Lock> {
  return new Promise((resolve, reject) =>
    lockDirectory(directory, (error, got) => (error === null ? resolve(got!) : reject(error))),
  )
}

const release = (held: Lock) => new Promise<void>((resolve) => held.release(resolve))
const isLocked = (error: unknown) => error instanceof LockedError

test('a data directory is one process’s at a time', async () => {
  const directory = join(root, 'one')
  const first = await lock(directory)
  await assert.rejects(lock(directory), isLocked)
  await release(first)
  await release(await lock(directory))
})

test('of many who start at once one gets the directory', async () => {
  const directory = join(root, 'many')
  const all = await Promise.allSettled(Array.from({ length: 8 }, () => lock(directory)))
  const got = all.filter((result) => result.status === 'fulfilled')
  assert.equal(got.length, 1)
  await release(got[0]!.value)
})

test('a directory whose path is too long for a socket is locked all the same', async () => {
  const directory = join(root, 'a'.repeat(120))
  assert.ok(Buffer.byteLength(socketPath(directory)) <= 103)
  const held = await lock(directory)
  await assert.rejects(lock(directory), isLocked)
  await release(held)
})

test('what a killed process leaves behind is taken over', async () => {
  const directory = join(root, 'killed')
  mkdirSync(directory)
  const program = `import { lockDirectory } from ${JSON.stringify(pathToFileURL(join(import.meta.dirname, 'node-lock.js')).href)}
    lockDirectory(process.argv[1], () => console.log('held'))
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, directory])
  await once(child.stdout, 'data')
  await assert.rejects(lock(directory), isLocked)
  child.kill('SIGKILL')
  await once(child, 'exit')
  assert.ok(existsSync(socketPath(directory)))
  await release(await lock(directory))
})

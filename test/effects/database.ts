import { rm } from 'node:fs/promises'
import sqlite from 'node-sqlite3-wasm'

/**
 * The application's database. This library takes its own lock for another process's that still writes, and so never rolls back the journal that a killed
 * process leaves: half a transaction would stay in the file. Its write-ahead log is read without asking who has the lock, and needs the lock for itself.
 */
export function openDatabase(file: string) {
  const database = new sqlite.Database(file)
  try {
    database.run('pragma locking_mode = exclusive')
    const [row] = database.all('pragma journal_mode = wal')
    if (row?.journal_mode !== 'wal') throw new Error(`'${file}' has no write-ahead log`)
    // Only the process dies: what it has written the system has.
    database.run('pragma synchronous = off')
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** The lock does not end with the process that has it. */
export async function unlock(file: string): Promise<void> {
  await rm(`${file}.lock`, { recursive: true, force: true })
}

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Message } from './schema.ts'

/** Every message that the files of messages/ declare: for tests that hold for all of them. */
export async function allMessages(): Promise<Message[]> {
  const folder = join(import.meta.dirname, 'messages')
  const files = readdirSync(folder).filter((name) => name.endsWith('.js'))
  const modules = await Promise.all(files.map((name) => import(pathToFileURL(join(folder, name)).href)))
  return modules.flatMap((module) => Object.values(module) as Message[])
}

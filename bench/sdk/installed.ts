import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ROOT } from '../load.ts'

/** Where scripts/install-clients.sh puts the other queues. */
const FOLDER = join(ROOT, 'build', 'queues')

export function isInstalled(name: string): boolean {
  return existsSync(join(FOLDER, 'node_modules', name))
}

/** Loads a package that is installed for comparison and is no dependency. */
export async function loadInstalled(name: string): Promise<unknown> {
  const path = createRequire(join(FOLDER, 'package.json')).resolve(name)
  return import(pathToFileURL(path).href)
}

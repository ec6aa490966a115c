import { readFileSync } from 'node:fs'
import { seedAccess } from '../../broker/access/seed.ts'
import type { Broker } from '../../broker/broker.ts'
import type { Json } from '../../core/policy/parameters.ts'
import { type Imported, importDefinitions } from './import.ts'

/**
 * Users come from a definitions file where one is named, and else from the first start. Returns how many of each category the file
 * has, null without one.
 *
 * @throws Error in one line if the file can't be had whole.
 */
export async function importAtStart(broker: Broker, path: string | null): Promise<Imported['counts'] | null> {
  seedAccess(broker, path === null)
  if (path === null) return null
  let definitions: Json
  try {
    definitions = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new Error(`the definitions file ${path} can't be read as JSON: ${(error as Error).message}`)
  }
  const { counts, problems } = await new Promise<Imported>((done) => importDefinitions(broker, definitions, null, done))
  if (problems.length === 0) return counts
  throw new Error(`the definitions file ${path} can't be imported: ${problems.join('; ')}`)
}

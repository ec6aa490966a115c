import { PosthornError } from '../posthorn-error.ts'
import type { RegisteredSchema, SchemaRegistry } from './registry.ts'

export interface RegistryOptions {
  /** For registries that ask who you are. */
  readonly user?: string
  readonly password?: string
  readonly headers?: Readonly<Record<string, string>>
}

const CONTENT_TYPE = 'application/vnd.schemaregistry.v1+json'
const TIMEOUT_MS = 10_000

/**
 * A schema registry that speaks Confluent's REST API: Confluent's own, Karapace, Apicurio, or this broker's (`posthorn serve --listen http://…`).
 *
 * @example
 * ```ts
 * import { connect, schemaRegistry } from 'posthorn'
 *
 * const bus = await connect('memory:', { registry: schemaRegistry('http://127.0.0.1:8081') })
 * ```
 */
export function schemaRegistry(url: string, options: RegistryOptions = {}): SchemaRegistry {
  const { user, password = '', headers = {} } = options
  const base = url.replace(/\/+$/, '')
  const authorization = user === undefined ? {} : { authorization: `Basic ${btoa(`${user}:${password}`)}` }
  const call = (method: string, path: string, body?: object) =>
    ask(`${base}${path}`, {
      method,
      headers: { accept: CONTENT_TYPE, 'content-type': CONTENT_TYPE, ...authorization, ...headers },
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  const byId = new Map<number, Promise<RegisteredSchema>>()
  return {
    async register(subject, schema, type) {
      const path = `/subjects/${encodeURIComponent(subject)}/versions`
      const { id } = await call('POST', path, { schema: JSON.stringify(schema), schemaType: type })
      return Number(id)
    },
    byId(id) {
      // What an id means never changes.
      const known = byId.get(id)
      if (known !== undefined) return known
      const found = call('GET', `/schemas/ids/${id}`).then(({ schema, schemaType = 'AVRO' }) => ({
        id,
        schema: String(schema),
        type: schemaType as RegisteredSchema['type'],
      }))
      byId.set(id, found)
      found.catch(() => byId.delete(id))
      return found
    },
  }
}

/** What a registry's error codes begin with. */
const INCOMPATIBLE = 409
const INVALID = 422
const NOT_FOUND = 404

async function ask(url: string, init: RequestInit): Promise<Readonly<Record<string, unknown>>> {
  let response: Response
  try {
    response = await fetch(url, init)
  } catch (error) {
    const why = (error as Error).cause instanceof Error ? ((error as Error).cause as Error).message : String(error)
    throw new PosthornError('CONNECTION_FAILED', `the schema registry at ${url} can't be reached: ${why}`, {
      cause: error,
    })
  }
  const text = await response.text()
  if (response.ok) return JSON.parse(text)
  const told = messageOf(text)
  if (response.status === INCOMPATIBLE) throw new PosthornError('CONTRACT_INCOMPATIBLE', told)
  if (response.status === INVALID) throw new PosthornError('CONTRACT_INVALID', told)
  if (response.status === NOT_FOUND) throw new PosthornError('NOT_FOUND', told)
  if (response.status >= 500) throw new PosthornError('UNAVAILABLE', `the schema registry can't do that now: ${told}`)
  throw new PosthornError('REFUSED', `the schema registry refuses (${response.status}): ${told}`)
}

function messageOf(text: string): string {
  try {
    return String(JSON.parse(text).message ?? text)
  } catch {
    return text
  }
}

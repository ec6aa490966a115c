import findMyWay from 'find-my-way'
import type { Broker } from '../broker/broker.ts'
import { DEFAULT_CONTEXT } from '../core/subject/name.ts'
import type { Route } from './call.ts'
import { aboutRoutes } from './registry/about.ts'
import { compatibilityRoutes } from './registry/compatibility.ts'
import { configRoutes } from './registry/config.ts'
import { modeRoutes } from './registry/mode.ts'
import { contextRoutes, schemaRoutes } from './registry/schemas.ts'
import { subjectRoutes } from './registry/subjects.ts'
import { versionRoutes } from './registry/versions.ts'

/** What a request leads to. */
export interface Found {
  readonly route: Route
  readonly params: Readonly<Record<string, string | undefined>>
  readonly context: string
}

export interface Router {
  /** Null where nothing is; 'method' where something is, for other methods. */
  find(method: string, path: string): Found | 'method' | null
}

/** The longest part of a path, as it is written there. */
const LONGEST_PARAM = 8 * 1024
const METHODS = ['GET', 'POST', 'PUT', 'DELETE'] as const

/** Everything that is served over HTTP. */
export function routerOf(broker: Broker, about: { readonly clusterId: string; readonly version: string }): Router {
  const routes = [
    ...aboutRoutes(about.clusterId, about.version),
    ...schemaRoutes(broker),
    ...contextRoutes(broker),
    ...subjectRoutes(broker),
    ...versionRoutes(broker),
    ...compatibilityRoutes(broker),
    ...configRoutes(broker),
    ...modeRoutes(broker),
  ]
  const router = findMyWay({ ignoreTrailingSlash: true, maxParamLength: LONGEST_PARAM })
  for (const route of routes) router.on(route.method, route.path, () => {}, route)
  return {
    find(method, given) {
      const { context, path } = withoutContext(given)
      // The runtime leaves the body out.
      const asked = method === 'HEAD' ? 'GET' : method
      const found = METHODS.some((one) => one === asked) ? router.find(asked as 'GET', path) : null
      if (found !== null) return { route: found.store as Route, params: found.params, context }
      return METHODS.some((one) => router.find(one, path) !== null) ? 'method' : null
    },
  }
}

/** `/contexts/NAME/subjects/…` is `/subjects/…` of that context. */
function withoutContext(given: string): { readonly context: string; readonly path: string } {
  const [, name, rest] = /^\/contexts\/([^/]+)(\/.+)$/.exec(given) ?? []
  if (name === undefined || rest === undefined) return { context: DEFAULT_CONTEXT, path: given }
  const context = decode(name).replace(/^:|:$/g, '')
  return { context: context.startsWith('.') ? context : `.${context}`, path: rest }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

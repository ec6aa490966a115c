import { type RegistryRefusal, registryRefusal } from '../core/subject/refusals.ts'

/** There is nothing at that path. */
export function notFound(): RegistryRefusal {
  return registryRefusal(404, 'HTTP 404 Not Found')
}

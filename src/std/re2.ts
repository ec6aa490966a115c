import { createRequire } from 'node:module'

let loaded: typeof import('re2js') | null = null

/** Regular expressions of RE2, found in linear time. Loaded with the first of them: most brokers start without one. */
export function re2(): typeof import('re2js') {
  loaded ??= createRequire(import.meta.url)('re2js') as typeof import('re2js')
  return loaded
}

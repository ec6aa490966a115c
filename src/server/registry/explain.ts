import type { Incompatibility } from '../../core/schema/incompatibility.ts'

/** An incompatibility for people: where, what, and what to do. */
export function inWords({ path, message, advice }: Incompatibility): string {
  return `  ${path === '' ? 'the whole schema' : path}: ${message}\n      ${advice}`
}

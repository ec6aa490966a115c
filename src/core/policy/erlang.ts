import type { Json } from './parameters.ts'

/** A JSON value as Erlang prints it, which RabbitMQ's messages have. */
export function erlang(value: Json): string {
  if (typeof value === 'string') return `<<${JSON.stringify(value)}>>`
  if (typeof value !== 'object' || value === null) return String(value)
  if (Array.isArray(value)) return `[${value.map(erlang).join(',')}]`
  return `[${Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, of]) => `{${erlang(name)},${erlang(of)}}`)
    .join(',')}]`
}

import type { Broker } from '../../broker/broker.ts'
import { findVersionOf } from '../../broker/subject/find.ts'
import { DEFAULT_CONTEXT, readName } from '../../core/subject/name.ts'
import { isRefused } from '../../core/subject/refusals.ts'
import type { SchemaVersion } from '../../core/subject/subject.ts'
import { ArgumentError, type Arguments, need, optional } from '../control/command.ts'

/** The schema that a command is about. @throws ArgumentError */
export function whichSchema({ subjects: { registry } }: Broker, args: Arguments, key = 'version'): SchemaVersion {
  const id = optional(args, 'id')
  if (id !== undefined) {
    const place = registry.byId(DEFAULT_CONTEXT, Number(id))?.places[0]
    if (place === undefined) throw new ArgumentError(`there is no schema with the id ${id}`)
    return place
  }
  const version = optional(args, key) ?? 'latest'
  const number = version === 'latest' ? version : Number(version)
  const found = findVersionOf(registry, readName(need(args, 'subject')), number, false)
  if (isRefused(found)) throw new ArgumentError(found.message)
  return found
}

import type { Broker } from '../../broker/broker.ts'
import { parsedOf } from '../../broker/subject/prepare.ts'
import { explainChange } from '../../core/schema/explain.ts'
import type { ParsedSchema } from '../../core/schema/schema.ts'
import { isRefused } from '../../core/subject/refusals.ts'
import type { SchemaVersion } from '../../core/subject/subject.ts'
import { type Answer, ArgumentError, type Arguments, optional } from '../control/command.ts'
import { whichSchema } from './which.ts'

/** What changed from one version to another, and what that means for who has the one and who has the other. */
export function diff(broker: Broker, args: Arguments, answer: (answer: Answer) => void): void {
  const newer = whichSchema(broker, args, 'to')
  const older = optional(args, 'from') === undefined ? before(broker, newer) : whichSchema(broker, args, 'from')
  const { compatibilityPolicy } = broker.subjects.registry.settings.effectiveConfig(newer.subject)
  const title = `${newer.subject.qualified}, from version ${older.version} to ${newer.version}`
  answer({
    ok: true,
    result: `${title}\n\n${explainChange(read(broker, older), read(broker, newer), compatibilityPolicy).text}\n`,
  })
}

function read(broker: Broker, { entry }: SchemaVersion): ParsedSchema {
  const parsed = parsedOf(broker, entry)
  if (isRefused(parsed)) throw new ArgumentError(parsed.message)
  return parsed
}

function before({ subjects: { registry } }: Broker, { subject, version }: SchemaVersion): SchemaVersion {
  const older = registry
    .subject(subject)!
    .live()
    .filter((one) => one.version < version)
  const newest = older[older.length - 1]
  if (newest === undefined) throw new ArgumentError(`${subject.qualified} has no version before ${version}`)
  return newest
}

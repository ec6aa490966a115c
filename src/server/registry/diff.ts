import type { Broker } from '../../broker/broker.ts'
import { refused } from '../../broker/done.ts'
import { parsedOf } from '../../broker/subject/prepare.ts'
import { compareSchemas } from '../../core/schema/schema.ts'
import { isRefused } from '../../core/subject/refusals.ts'
import type { SchemaVersion } from '../../core/subject/subject.ts'
import { type Answer, ArgumentError, type Arguments, optional } from '../control/command.ts'
import { changesBetween } from './changes.ts'
import { inWords } from './explain.ts'
import { whichSchema } from './which.ts'

/** What changed from one version to another, and what that means for who has the one and who has the other. */
export function diff(broker: Broker, args: Arguments, answer: (answer: Answer) => void): void {
  const newer = whichSchema(broker, args, 'to')
  const older = optional(args, 'from') === undefined ? before(broker, newer) : whichSchema(broker, args, 'from')
  const [now, then] = [parsedOf(broker, newer.entry), parsedOf(broker, older.entry)]
  if (isRefused(now) || isRefused(then)) {
    answer(refused('invalid', isRefused(now) ? now.message : (then as { message: string }).message))
    return
  }
  const changes = changesBetween(JSON.parse(older.entry.content.schema), JSON.parse(newer.entry.content.schema))
  const { compatibilityPolicy } = broker.subjects.registry.settings.effectiveConfig(newer.subject)
  const backward = compareSchemas(now, then, compatibilityPolicy, { reader: 'new', writer: 'old' })
  const forward = compareSchemas(then, now, compatibilityPolicy, { reader: 'old', writer: 'new' })
  const lines = [
    `${newer.subject.qualified}: from version ${older.version} to ${newer.version}`,
    ...(changes.length === 0 ? ['  nothing that matters'] : changes.map((change) => `  ${change}`)),
    ...(backward.length === 0
      ? ['who has the new schema reads what the old one wrote']
      : ['who has the new schema can not read what the old one wrote:', ...backward.map(inWords)]),
    ...(forward.length === 0
      ? ['who has the old schema reads what the new one writes']
      : ['who has the old schema can not read what the new one writes:', ...forward.map(inWords)]),
  ]
  answer({ ok: true, result: `${lines.join('\n')}\n` })
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

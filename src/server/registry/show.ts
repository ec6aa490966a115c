import type { Broker } from '../../broker/broker.ts'
import type { Answer, Arguments } from '../control/command.ts'
import { whichSchema } from './which.ts'

/** A schema with what the registry knows of it, for people: its text is shown as the JSON it is. */
export function show(broker: Broker, args: Arguments, answer: (answer: Answer) => void): void {
  const { subject, version, entry, deleted } = whichSchema(broker, args)
  const { type, references, metadata, ruleSet, schema } = entry.content
  const shown = {
    subject: subject.qualified,
    version,
    id: entry.id,
    guid: entry.guid,
    type,
    ...(deleted ? { deleted } : {}),
    ...(references.length === 0 ? {} : { references }),
    ...(metadata === null ? {} : { metadata }),
    ...(ruleSet === null ? {} : { ruleSet }),
    schema: JSON.parse(schema) as unknown,
  }
  answer({ ok: true, result: `${JSON.stringify(shown, null, 2)}\n` })
}

import type { Broker } from '../../broker/broker.ts'
import { refused } from '../../broker/done.ts'
import { resolve } from '../../broker/subject/prepare.ts'
import { isRefused } from '../../core/subject/refusals.ts'
import type { Answer, Arguments } from '../control/command.ts'
import { avroTypes } from './avro-types.ts'
import { jsonTypes } from './json-types.ts'
import { whichSchema } from './which.ts'

/** TypeScript types of what a schema describes. */
export function types(broker: Broker, args: Arguments, answer: (answer: Answer) => void): void {
  const { subject, version, entry } = whichSchema(broker, args)
  const { type, schema, references } = entry.content
  const resolved = resolve(broker.subjects.registry, entry.context, references)
  if (isRefused(resolved)) {
    answer(refused('invalid', resolved.message))
    return
  }
  const others = resolved.map((one) => ({ name: one.name, schema: JSON.parse(one.schema) as unknown }))
  const parsed = JSON.parse(schema) as unknown
  const text = type === 'AVRO' ? avroTypes(parsed, others) : jsonTypes(parsed, others, subject.subject)
  answer({
    ok: true,
    result: `/** ${subject.qualified}, version ${version}, id ${entry.id}. Generated: do not edit. */\n${text}`,
  })
}

import type { Broker } from '../../broker/broker.ts'
import { refused } from '../../broker/done.ts'
import { register } from '../../broker/subject/register.ts'
import { readName } from '../../core/subject/name.ts'
import { isRefused } from '../../core/subject/refusals.ts'
import { type Answer, type Arguments, need } from '../control/command.ts'
import { schemaFrom } from './given.ts'

export function registerFile(broker: Broker, args: Arguments, answer: (answer: Answer) => void): void {
  const wanted = { name: readName(need(args, 'subject')), id: null, version: null }
  register(broker, wanted, schemaFrom(args), args.normalize === true ? true : null, (outcome) => {
    if (isRefused(outcome)) answer(refused('invalid', outcome.message))
    else {
      const { subject, version, entry } = outcome
      answer({ ok: true, result: [{ subject: subject.qualified, version, id: entry.id, guid: entry.guid }] })
    }
  })
}

import type { Broker } from '../../broker/broker.ts'
import { refused } from '../../broker/done.ts'
import { compareInSteps, versionsToCompare } from '../../broker/subject/compatibility.ts'
import { prepare } from '../../broker/subject/prepare.ts'
import { readName } from '../../core/subject/name.ts'
import { isRefused } from '../../core/subject/refusals.ts'
import { type Answer, type Arguments, need } from '../control/command.ts'
import { schemaFrom } from './given.ts'

/** Whether a schema might be registered; if not, what is wrong and what to change, in words. */
export function check(broker: Broker, args: Arguments, answer: (answer: Answer) => void): void {
  const name = readName(need(args, 'subject'))
  const config = broker.subjects.registry.settings.effectiveConfig(name)
  const prepared = prepare(broker, name, schemaFrom(args), args.normalize === true)
  if (isRefused(prepared)) {
    answer(refused('invalid', prepared.message))
    return
  }
  const versions = versionsToCompare(broker, name, prepared)
  compareInSteps(broker, config, prepared, versions, (verdict) => {
    if (isRefused(verdict)) answer(refused('invalid', verdict.message))
    else if (verdict.against === null)
      answer({ ok: true, result: `fits: ${toldOf(name.qualified, verdict.level, versions.length)}\n` })
    else {
      const what = `does not fit version ${verdict.against.version} of ${name.qualified} (${verdict.level}):`
      answer(
        refused(
          'invalid',
          [what, ...verdict.incompatibilities.map(({ message, advice }) => `  - ${message}. ${advice}`)].join('\n'),
        ),
      )
    }
  })
}

function toldOf(subject: string, level: string, compared: number): string {
  if (level === 'NONE') return `${subject} has the level NONE, which compares nothing`
  if (compared === 0) return `${subject} has no version to compare with`
  return `${subject} (${level}), ${compared} version${compared === 1 ? '' : 's'} compared`
}

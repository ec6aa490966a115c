import type { Broker } from '../../broker/broker.ts'
import { refused } from '../../broker/done.ts'
import { decideSubjects } from '../../broker/subject/facts.ts'
import { prepare } from '../../broker/subject/prepare.ts'
import type { SubjectFact } from '../../core/subject/fact.ts'
import { isScope, isSubject, readName } from '../../core/subject/name.ts'
import { isRefused, type RegistryRefusal } from '../../core/subject/refusals.ts'
import { decideRegistration } from '../../core/subject/register.ts'
import { LEVELS, MODES, type Mode, type SubjectConfig } from '../../core/subject/settings.ts'
import { Refused } from '../../http/call.ts'
import { schemaGiven } from '../../http/registry/given.ts'
import { type Answer, ArgumentError, type Arguments } from '../control/command.ts'
import { EXPORT_FORMAT } from './export.ts'

type Item = Readonly<Record<string, unknown>>

/**
 * Takes in what an export holds, ids and deleted versions with it, whatever modes say: it is the operator who asks. What is there already stays as it
 * is; what clashes with that is told, and the rest is there.
 */
export function importAll(broker: Broker, args: Arguments, answer: (answer: Answer) => void): void {
  const { schemas, settings } = partsOf(args.schemas)
  const work: (() => SubjectFact | RegistryRefusal | null)[] = [
    ...schemas.map((item) => () => schemaFact(broker, item)),
    ...settings.map((fact) => () => fact),
  ]
  const problems: string[] = []
  let [at, done] = [0, 0]
  const next = (): void => {
    const one = work[at++]
    if (one === undefined) {
      const counts = { schemas: schemas.length, settings: settings.length, changed: done }
      if (problems.length === 0) answer({ ok: true, result: [counts] })
      else answer(refused('invalid', `everything was imported but for:\n${problems.join('\n')}`))
      return
    }
    // One in a turn: whoever reads a schema takes its time.
    decideSubjects(
      broker,
      () => {
        const fact = one()
        if (fact === null) return { facts: [], result: 0 }
        return isRefused(fact) ? fact : { facts: [fact], result: 1 }
      },
      (outcome) => {
        if (isRefused(outcome)) problems.push(`${labelOf(schemas[at - 1])}: ${outcome.message}`)
        else done += outcome
        broker.turn.start({ step })
      },
    )
  }
  const step = (): boolean => {
    next()
    return true
  }
  next()
}

/** A version as the file says it is; null if it is that already. @throws nothing: what can't be read is a refusal. */
function schemaFact(broker: Broker, item: Item): SubjectFact | RegistryRefusal | null {
  const { registry } = broker.subjects
  const name = readName(String(item.subject ?? ''))
  try {
    if (!isSubject(name)) throw new ArgumentError(`'${name.qualified}' is no subject`)
    const { id, version, ...given } = schemaGiven(item)
    if (id === null || version === null) throw new ArgumentError('a schema has its id and its version')
    const prepared = prepare(broker, name, given, false)
    if (isRefused(prepared)) return prepared
    const time = typeof item.ts === 'number' ? item.ts : broker.env.clock.now()
    const fact = decideRegistration(registry, { name, id, version }, prepared.content, time)
    if (isRefused(fact)) return fact
    const deleted = item.deleted === true
    const known = registry.subject(name)?.get(version)
    return known?.entry.id === id && known.deleted === deleted ? null : { ...fact, deleted }
  } catch (error) {
    if (error instanceof Refused) return error.refusal
    if (error instanceof ArgumentError) return { refused: true, status: 422, code: 422, message: error.message }
    throw error
  }
}

/** A list is what GET /schemas gives; an object is an export of ours. @throws ArgumentError */
function partsOf(given: unknown): { readonly schemas: readonly Item[]; readonly settings: readonly SubjectFact[] } {
  if (Array.isArray(given)) return { schemas: given.filter(isItem), settings: [] }
  if (!isItem(given) || given.format !== EXPORT_FORMAT || !Array.isArray(given.schemas))
    throw new ArgumentError(`an export has the format '${EXPORT_FORMAT}', or is the list that GET /schemas gives`)
  const scopes = (list: unknown) => (Array.isArray(list) ? list.filter(isItem) : [])
  return {
    schemas: given.schemas.filter(isItem),
    settings: [
      ...scopes(given.configs).map(({ subject, value }) => configFact(String(subject), value)),
      ...scopes(given.modes).map(({ subject, value }) => modeFact(String(subject), value)),
    ],
  }
}

function configFact(subject: string, value: unknown): SubjectFact {
  const level = isItem(value) ? value.compatibilityLevel : null
  if (!isItem(value) || !isScope(readName(subject)) || (level !== undefined && !LEVELS.some((one) => one === level)))
    throw new ArgumentError(`the settings of '${subject}' can't be read`)
  return { kind: 'subject-config', subject, config: value as SubjectConfig }
}

function modeFact(subject: string, value: unknown): SubjectFact {
  if (!MODES.some((one) => one === value) || !isScope(readName(subject)))
    throw new ArgumentError(`the mode of '${subject}' can't be read`)
  return { kind: 'subject-mode', subject, mode: value as Mode }
}

function labelOf(item: Item | undefined): string {
  return item === undefined ? 'settings' : `${String(item.subject)} version ${String(item.version)}`
}

function isItem(value: unknown): value is Item {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

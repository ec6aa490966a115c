import { isSubject, readNameFrom, type SubjectName } from '../../core/subject/name.ts'
import { REFUSALS, registryRefusal } from '../../core/subject/refusals.ts'
import { HIGHEST } from '../../core/subject/register.ts'
import { scopeOf } from '../../core/subject/settings.ts'
import { type Call, Refused } from '../call.ts'

export type Right = 'read' | 'write' | 'configure'

/** The subject in the path, if the client may do that with it. @throws Refused */
export function subjectOf(call: Call, right: Right): SubjectName {
  const name = readNameFrom(call.context, call.params.subject ?? '')
  if (!isSubject(name)) throw new Refused(REFUSALS.invalidSubject(name.qualified))
  return permitted(call, right, name)
}

/** The subject or context whose settings are meant; all of them where the path names none. @throws Refused */
export function settingsScope(call: Call, right: Right): SubjectName {
  const name = scopeOf(readNameFrom(call.context, call.params.subject ?? ''))
  return permitted(call, right, name)
}

function permitted(call: Call, right: Right, name: SubjectName): SubjectName {
  const { rights } = call
  const { qualified } = name
  // What holds for all may be seen by all who get in.
  const may =
    name.subject === ''
      ? right === 'read' || rights.administrator
      : right === 'read'
        ? rights.mayRead(qualified)
        : right === 'write'
          ? rights.mayWrite(qualified)
          : rights.mayConfigure(qualified)
  if (!may) throw forbidden(right, name.subject === '' ? 'the registry' : `subject '${qualified}'`)
  return name
}

export function forbidden(right: Right, what: string): Refused {
  return new Refused(registryRefusal(40301, `User is denied operation ${right} on ${what}`))
}

/** The version in the path: a number, or the newest. @throws Refused */
export function versionOf(call: Call): number | 'latest' {
  const text = call.params.version ?? ''
  if (text === 'latest' || text === '-1') return 'latest'
  const version = Number(text)
  if (!/^\d+$/.test(text) || version < 1 || version > HIGHEST) throw new Refused(REFUSALS.invalidVersion(text))
  return version
}

/** A flag of the query: whether it says `true`. */
export function flag(call: Call, name: string): boolean {
  return call.query.get(name)?.toLowerCase() === 'true'
}

/** A part of a list, as `offset` and `limit` of the query say; `most` if they don't. @throws Refused */
export function page<T>(call: Call, items: readonly T[], most: number): readonly T[] {
  const offset = whole(call, 'offset') ?? 0
  const limit = whole(call, 'limit') ?? -1
  const from = Math.max(0, offset)
  return items.slice(from, from + (limit < 0 ? most : Math.min(limit, most)))
}

function whole(call: Call, name: string): number | null {
  const text = call.query.get(name)
  if (text === null || text === '') return null
  if (!/^-?\d{1,10}$/.test(text))
    throw new Refused(registryRefusal(400, `The query parameter '${name}' is not a number: ${text.slice(0, 100)}`))
  return Number(text)
}

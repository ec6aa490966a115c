/** Where a subject is unless its name says otherwise. */
export const DEFAULT_CONTEXT = '.'
/** Holds no subjects: its settings are those of all contexts. */
export const GLOBAL_CONTEXT = '.__GLOBAL'

/** Names that mean something else. */
const RESERVED: readonly string[] = ['__GLOBAL', '__EMPTY']
const LONGEST_NAME = 1024

/** A subject by context and name; `:.context:name` in one text, and just the name in the default context. */
export interface SubjectName {
  readonly context: string
  /** Empty where the context itself is meant. */
  readonly subject: string
  /** Both in one text: what the subject is known by. */
  readonly qualified: string
}

/** Reads `name`, `:.context:name` or `:.context:`. */
export function readName(text: string): SubjectName {
  if (!text.startsWith(':.')) return nameIn(DEFAULT_CONTEXT, text)
  const end = text.indexOf(':', 2)
  return end < 0 ? nameIn(text.slice(1), '') : nameIn(text.slice(1, end), text.slice(end + 1))
}

export function nameIn(context: string, subject: string): SubjectName {
  return { context, subject, qualified: context === DEFAULT_CONTEXT ? subject : `:${context}:${subject}` }
}

/** A name that something in that context calls another by: one that names no context is of the same. */
export function readNameFrom(context: string, text: string): SubjectName {
  return text.startsWith(':.') ? readName(text) : nameIn(context, text)
}

/** Whether schemas may be registered under it. */
export function isSubject({ context, subject, qualified }: SubjectName): boolean {
  return subject !== '' && isName(context) && isName(subject) && qualified.length <= LONGEST_NAME
}

/** Whether settings may be given to it: a subject, or a context as a whole. */
export function isScope(name: SubjectName): boolean {
  return isSubject(name) || (name.subject === '' && (isName(name.context) || name.context === GLOBAL_CONTEXT))
}

function isName(text: string): boolean {
  return !/\p{Cc}/u.test(text) && !RESERVED.includes(text) && text !== GLOBAL_CONTEXT
}

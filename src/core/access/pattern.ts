import { re2 } from '../../std/re2.ts'

/** RabbitMQ takes no longer one. */
const LONGEST = 1024

/** A regular expression that somebody else wrote: found in linear time, whatever it says. */
export interface Pattern {
  readonly text: string
  /** Whether it is found anywhere in `subject`. */
  matches(subject: string): boolean
}

/** Null if that is no regular expression. */
export function compilePattern(text: string): Pattern | null {
  if (Buffer.byteLength(text) > LONGEST) return null
  if (text === '.*' || text === '^.*$' || text === '^.*') return { text, matches: () => true }
  try {
    const compiled = re2().RE2JS.compile(text)
    return { text, matches: (subject) => compiled.matcher(subject).find() }
  } catch {
    return null
  }
}

/** As a permission's: the empty one allows only the empty name, as in RabbitMQ. */
export function compilePermission(text: string): Pattern | null {
  const pattern = compilePattern(text === '' ? '^$' : text)
  return pattern === null ? null : { ...pattern, text }
}

/** `text` as it stands, for a place within a pattern. */
export function escapePattern(text: string): string {
  return text.replace(/[\\^$.|?*+()[\]{}-]/g, '\\$&')
}

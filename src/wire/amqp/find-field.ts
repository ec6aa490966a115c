import type { Field } from './field.ts'
import { Reader } from './reader.ts'
import { skimField } from './skim.ts'

/**
 * The place of the type letter of a table's value by its name (of ASCII letters), -1 if it is not there. The table with its length begins at
 * `b[at]` and has been looked through before; the last of several values of one name counts, as when it is decoded.
 */
export function findField(b: Uint8Array, at: number, name: string): number {
  const end = at + 4 + (((b[at]! << 24) | (b[at + 1]! << 16) | (b[at + 2]! << 8) | b[at + 3]!) >>> 0)
  let found = -1
  for (let p = at + 4; p < end; ) {
    const key = p + 1
    p = key + b[p]!
    if (p - key === name.length && isAt(b, key, name)) found = p
    p = skimField(b, p, end, 0)
  }
  return found
}

/** The value whose type letter is at `at`. */
export function fieldAt(b: Uint8Array, at: number): Field {
  return new Reader(b, at, b.length).field(0)
}

function isAt(b: Uint8Array, at: number, name: string): boolean {
  for (let i = 0; i < name.length; i++) if (b[at + i] !== name.charCodeAt(i)) return false
  return true
}

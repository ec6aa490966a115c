import { readFileSync } from 'node:fs'
import path from 'word-list'

/** The real data: every word of English, in the order of the alphabet. */
export function words(): readonly string[] {
  return readFileSync(path, 'utf8').trimEnd().split('\n')
}

import type { Findings } from '../findings.ts'
import type { Sides } from '../incompatibility.ts'
import type { JsonNode } from './node.ts'
import { adviceFor, messageFor } from './texts.ts'

/** What the parts of a comparison of JSON Schemas share. */
export interface Comparison {
  readonly findings: Findings
  readonly sides: Sides
  /** Objects are taken to have no properties but those that their schemas name. */
  readonly lenient: boolean
  /** Whether a value of which all `writers` hold can break `reader`. Notes how. */
  compare(reader: JsonNode, writers: readonly JsonNode[], path: string): boolean
}

/** Notes what is wrong, in words. */
export function note(to: Comparison, kind: string, path: string, subject = ''): true {
  const { findings, sides } = to
  return findings.note({
    kind,
    path,
    message: messageFor(kind, path, sides),
    subject,
    advice: adviceFor(kind, sides),
  })
}

/** Whether it fits, without a note. */
export function fits(to: Comparison, reader: JsonNode, writers: readonly JsonNode[]): boolean {
  return !to.findings.silently(() => to.compare(reader, writers, ''))
}

import type { CompatibilityPolicy } from './schema.ts'

/** A case of compatibility, as a line of a table says it. */
export interface CompatibilityCase {
  readonly what: string
  readonly reader: string
  readonly writer: string
  /** Kind and place of each thing that keeps them apart. */
  readonly found: readonly string[]
  readonly source: string
  readonly policy: CompatibilityPolicy
}

/** Reads a table: `what | reader | writer | kind path, kind path`, under lines that say where expectations come from. */
export function readCases(table: string): CompatibilityCase[] {
  const cases: CompatibilityCase[] = []
  let source = ''
  for (const line of table.split('\n')) {
    if (/^(LENIENT )?# /.test(line)) source = line
    else if (line !== '') {
      const [what, reader, writer, found = ''] = line.split(/ \| ?/)
      const policy = source.startsWith('LENIENT') ? 'LENIENT' : 'STRICT'
      cases.push({ what, reader, writer, found: found === '' ? [] : found.split(', '), source, policy })
    }
  }
  return cases
}

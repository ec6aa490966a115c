import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

/** What the package exports, and what each subpath is for. */
const ENTRIES: Readonly<Record<string, string>> = {
  posthorn: 'The SDK.',
  testing: 'A broker for tests, and the conformance suite.',
  broker: 'A broker in your process, with ports for others.',
  rabbitmq: 'The engine for RabbitMQ, by itself.',
  kafka: 'The engine for Kafka, by itself.',
}

interface Exported {
  readonly name: string
  readonly file: string
}

/** The names that a declaration file of an entry exports, each with the file it comes from. */
function exportsOf(entry: string): Exported[] {
  const path = join('dist/types/entries', `${entry}.d.ts`)
  const text = readFileSync(path, 'utf8')
  return [...text.matchAll(/export (?:type )?\{([^}]*)\} from '([^']+)'/g)].flatMap(([, names, from]) => {
    const file = resolve(dirname(path), from!.replace(/\.js$/, '.d.ts'))
    return names!
      .split(',')
      .map((one) => one.trim().replace(/^type /, ''))
      .filter((name) => name !== '')
      .map((name) => ({ name, file }))
  })
}

/** The comment and the declarations of a name, with overloads. */
function declarationOf({ name, file }: Exported): { readonly about: string; readonly code: string } {
  const lines = readFileSync(file, 'utf8').split('\n')
  const starts = lines.flatMap((line, at) => {
    const match = /^export (?:declare )?(?:abstract )?(?:function|class|interface|type|const) (\w+)/.exec(line)
    return match?.[1] === name ? [at] : []
  })
  if (starts.length === 0) throw new Error(`${name} is not declared in ${file}`)
  const about = commentBefore(lines, starts[0]!)
  const code = starts.map((at) => lines.slice(at, endOf(lines, at)).join('\n'))
  return { about, code: code.join('\n').replace(/^export (declare )?/gm, '') }
}

function commentBefore(lines: readonly string[], at: number): string {
  if (lines[at - 1]?.trim().endsWith('*/') !== true) return ''
  let from = at - 1
  while (!lines[from]!.trim().startsWith('/**')) from--
  return lines
    .slice(from, at)
    .map((line) => line.replace(/^\s*\/?\*+\/? ?/, '').replace(/\s*\*\/$/, ''))
    .join('\n')
    .replace(/^@example\n/gm, '')
    .replace(/^@throws (.*)$/gm, 'Throws $1.')
    .trim()
}

/** Where a declaration ends: its brackets are closed, and so is its line. */
function endOf(lines: readonly string[], from: number): number {
  let open = 0
  for (let at = from; at < lines.length; at++) {
    for (const letter of lines[at]!.replace(/'[^']*'|\/\/.*$|\/\*.*?\*\//g, '')) {
      if ('{(['.includes(letter)) open++
      if ('})]'.includes(letter)) open--
    }
    const next = lines[at + 1]?.trim() ?? ''
    const goesOn = next.startsWith('|') || next.startsWith('?') || next.startsWith(':') || next.startsWith('&')
    if (open === 0 && !goesOn && (lines[at]!.endsWith(';') || lines[at]!.endsWith('}'))) return at + 1
  }
  return lines.length
}

/** Without what is nobody's to use. */
function publicPart(code: string): string {
  const shown: string[] = []
  let comment: string[] = []
  for (const line of code.split('\n')) {
    const plain = line.trim()
    if (plain.startsWith('/**') || (comment.length > 0 && plain.startsWith('*'))) {
      comment.push(line)
      continue
    }
    if (!/^(private|#|constructor\()/.test(plain)) shown.push(...comment, line)
    comment = []
  }
  return shown.join('\n').replaceAll('    ', '  ')
}

/** The reference of the API as Markdown, made of the declarations and their comments. */
export function apiReference(): string {
  const out = [
    '# The API',
    '',
    'Made of the source by `node dist/scripts/api-reference.js`; a test holds it to it.',
    '',
  ]
  for (const [entry, about] of Object.entries(ENTRIES)) {
    out.push(`## \`${entry === 'posthorn' ? entry : `posthorn/${entry}`}\``, '', about, '')
    for (const exported of exportsOf(entry)) {
      const { about, code } = declarationOf(exported)
      out.push(`### \`${exported.name}\``, '')
      if (about !== '') out.push(about, '')
      out.push('```ts', publicPart(code), '```', '')
    }
  }
  return `${out.join('\n').trimEnd()}\n`
}

if (process.argv[1]?.endsWith('api-reference.js')) writeFileSync('docs/api.md', apiReference())

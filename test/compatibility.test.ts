import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { VERBS } from '../src/amqp/verbs.ts'
import { ROOT } from './interop/broker-process.ts'

const text = readFileSync(join(ROOT, 'docs/compatibility.md'), 'utf8')

/** The connection's own: they are not verbs of a channel. */
const BESIDE = [
  ...['start-ok', 'tune-ok', 'open', 'close', 'update-secret'].map((name) => `connection.${name}`),
  ...['channel.open', 'channel.close', 'basic.publish'],
]

test('the table of AMQP methods is what is served', () => {
  const section = text.slice(text.indexOf('## AMQP'), text.indexOf('### Connections and channels'))
  const told = [...section.matchAll(/^\| (\w+) \| (.*) \|$/gm)]
    .filter(([, name]) => name !== 'class')
    .flatMap(([, name, methods]) =>
      methods!
        .replace(/\(.*?\)/g, '')
        .split(',')
        .map((method) => `${name}.${method.trim()}`),
    )
  const served = [...[...VERBS.values()].map(({ method }) => method.name), ...BESIDE]
  assert.deepEqual(told.sort(), served.sort())
})

test('the scores that are told are those that the suites are held to', () => {
  const told = [...text.matchAll(/^\| \S+(?: [\d.]+)? \| (\d+) \| \d+ \|/gm)].map(([, passes]) => Number(passes))
  const held = readFileSync(join(ROOT, 'test/suites.tsv'), 'utf8')
    .split('\n')
    .filter((line) => /^[a-z]/.test(line))
  assert.deepEqual(
    told,
    held.map((line) => Number(line.split('\t')[3])),
  )
})

test('every row of features names the test that shows it', () => {
  const wrong: string[] = []
  let rows = 0
  let inTable = false
  for (const line of text.split('\n')) {
    if (line.startsWith('| feature |')) inTable = true
    else if (!line.startsWith('|')) inTable = false
    else if (inTable && !line.startsWith('| --- |')) {
      rows++
      const cells = line.split(' | ')
      const shown = cells[cells.length - 1] as string
      if (cells.length !== 4 || !['same', 'different', 'no'].includes(cells[1] as string)) wrong.push(line)
      else wrong.push(...missing(shown))
    }
  }
  assert.ok(rows > 0)
  assert.deepEqual(wrong, [])
})

/** What a cell such as `file` "title", `file` names and is not there. */
function missing(cell: string): string[] {
  const named = [...cell.matchAll(/`([^`]+)`(?: "([^"]+)")?/g)]
  if (named.length === 0) return [`nothing is named in: ${cell}`]
  return named.flatMap(([whole, file, title]) => {
    const path = join(ROOT, file as string)
    if (!existsSync(path)) return [whole]
    return title === undefined || readFileSync(path, 'utf8').includes(title) ? [] : [whole]
  })
}

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import { TOPIC_CONFIGS } from '../../src/broker/topic/topic-config.ts'
import { APIS } from '../../src/kafka/apis.ts'

const page = readFileSync(join(import.meta.dirname, '../../../docs/kafka.md'), 'utf8')

it('the page about topics tells the APIs that are served, in their versions', () => {
  const told = [...page.matchAll(/^\| *(\d+) *\| *(\w+) *\| *(\d+)(?: to (\d+))? *\|$/gm)].map((row) => ({
    key: Number(row[1]),
    name: row[2],
    from: Number(row[3]),
    to: Number(row[4] ?? row[3]),
  }))
  const served = APIS.map(({ key, name, served: { from, to } }) => ({ key, name, from, to }))
  assert.deepEqual(
    told,
    served.sort((a, b) => a.key - b.key),
  )
})

it('the page of what works has a row for each API, and calls none served that is not', () => {
  const text = readFileSync(join(import.meta.dirname, '../../../docs/compatibility.md'), 'utf8')
  const section = text.slice(text.indexOf('### APIs'), text.indexOf('### Proposals'))
  const rows = [...section.matchAll(/^\| (\w+)(?: (\d+)(?: to (\d+))?)? \| (same|different|no) \|.*$/gm)]
  const served = rows.filter(([, , , , here]) => here !== 'no')
  assert.deepEqual(
    served.map(([, name, from, to]) => `${name} ${from} ${to ?? from}`).sort(),
    APIS.map(({ name, served: { from, to } }) => `${name} ${from} ${to}`).sort(),
  )
  const names = new Set(APIS.map(({ name }) => name))
  const others = rows.filter(([, , , , here]) => here === 'no').map(([, name]) => name!)
  assert.ok(others.length > 5)
  assert.deepEqual(
    others.filter((name) => names.has(name)),
    [],
  )
})

it('the page about topics tells settings that there are', () => {
  const section = page.slice(page.indexOf("## Topics' settings"), page.indexOf('## Where it differs'))
  const names = [...section.matchAll(/^\| *(`.*?`) *\|/gm)].flatMap((row) => row[1]!.split(', '))
  assert.ok(names.length >= 8)
  for (const name of names) assert.ok(Object.hasOwn(TOPIC_CONFIGS, name.replaceAll('`', '')), name)
})

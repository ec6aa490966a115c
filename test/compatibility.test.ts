import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
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
  const section = text.slice(text.indexOf('## AMQP'), text.indexOf('## Kafka'))
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

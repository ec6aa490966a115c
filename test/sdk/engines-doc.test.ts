import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { FEATURES as embedded } from '../../src/engines/embedded/engine.ts'
import { FEATURES as kafka } from '../../src/engines/kafka/features.ts'
import { featuresOf, FEATURES as newest } from '../../src/engines/rabbitmq/features.ts'
import type { Features } from '../../src/sdk/engine.ts'
import { CASES } from '../../src/testing/conformance/suite.ts'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..')
const page = (name: string) => readFileSync(join(root, 'docs', name), 'utf8')

/** The cells of the table's rows under a heading of `page`. */
function rows(text: string, heading: string): string[][] {
  const section = text.split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
  const lines = section.split('\n').filter((line) => line.startsWith('|'))
  return lines.slice(2).map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  )
}

const before43 = featuresOf({ isAtLeast: () => false })
const ENGINES: Readonly<Record<string, Features>> = {
  'memory:, file:': embedded,
  '`amqp://`': newest,
  '`amqp://` before RabbitMQ 4.3': before43,
  '`kafka://`': kafka,
}

test('the table of features is that of the engines', () => {
  const word = (is: boolean, older = is) => (is === older ? (is ? 'yes' : 'no') : 'from')
  const told = rows(page('engines.md'), 'Features').map(([feature, , ...cells]) => [
    feature,
    ...cells.map((cell) => /^\w+/.exec(cell)?.[0]),
  ])
  const features = Object.keys(embedded) as (keyof Features)[]
  assert.deepEqual(
    told,
    features.map((one) => [`\`${one}\``, word(embedded[one]), word(newest[one], before43[one]), word(kafka[one])]),
  )
})

test('the features of Kafka on its own page are those of the engine', () => {
  for (const [cell, value] of rows(page('engine-kafka.md'), 'Features')) {
    const feature = /`(\w+)`/.exec(cell!)![1] as keyof Features
    assert.equal(/^(yes|no)/.exec(value!)![0], kafka[feature] ? 'yes' : 'no', feature)
  }
})

test('the sentences of the conformance suite that an engine leaves out are those that are told, with the feature', () => {
  const left: string[][] = []
  for (const [engine, features] of Object.entries(ENGINES)) {
    for (const { name, requires = [] } of Object.values(CASES).flat()) {
      for (const feature of requires) {
        const told = engine === '`amqp://` before RabbitMQ 4.3' && !newest[feature]
        if (!features[feature] && !told) left.push([engine, name, `\`${feature}\``])
      }
    }
  }
  const told = rows(page('engines.md'), 'Left out of the conformance suite')
  assert.deepEqual(told.map(([engine, name, feature]) => [engine, name, feature]).sort(), left.sort())
  for (const [, name, , why] of told) assert.ok(why !== undefined && why.length > 10, name)
})

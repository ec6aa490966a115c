import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EMPTY_TABLE } from '../../wire/amqp/field.ts'
import type { Binding } from './binding.ts'
import { headersOf } from './bindings.ts'
import type { Destination } from './destination.ts'
import { Exchange } from './exchange.ts'
import { TopicBindings } from './topic.ts'

const source = new Exchange(
  1,
  {
    name: 'x',
    type: 'topic',
    durable: true,
    autoDelete: false,
    internal: false,
    args: EMPTY_TABLE,
  },
  0,
)
const noHeaders = headersOf({})

function bindingOf(key: string, destination: Destination = { name: key, routed: 0 }): Binding {
  return { id: 1, source, destination, key, args: EMPTY_TABLE }
}

function keysOver(words: readonly string[], longest: number): string[] {
  let keys = ['']
  const all = new Set(keys)
  for (let length = 1; length <= longest; length++) {
    keys = length === 1 ? [...words] : keys.flatMap((key) => words.map((word) => `${key}.${word}`))
    for (const key of keys) all.add(key)
  }
  return [...all]
}

function naive(pattern: readonly string[], key: readonly string[]): boolean {
  if (pattern.length === 0) return key.length === 0
  const [first, ...rest] = pattern
  if (first === '#') return naive(rest, key) || (key.length > 0 && naive(pattern, key.slice(1)))
  return key.length > 0 && (first === '*' || first === key[0]) && naive(rest, key.slice(1))
}

const split = (key: string) => (key === '' ? [] : key.split('.'))

function routed(bindings: TopicBindings, key: string): string[] {
  const out: Destination[] = []
  bindings.route(key, noHeaders, out)
  return out.map((destination) => destination.name).sort()
}

test('every pattern of up to four words matches every key as the definition says, also when half of them have gone', () => {
  const patterns = keysOver(['a', 'b', '*', '#', ''], 4)
  const keys = keysOver(['a', 'b', '', '*', '#'], 4)
  const bindings = new TopicBindings()
  const all = patterns.map((pattern) => bindingOf(pattern))
  for (const binding of all) bindings.bind(binding)
  const expected = (key: string, among: readonly string[]) =>
    among.filter((pattern) => naive(split(pattern), split(key))).sort()
  for (const key of keys) assert.deepEqual(routed(bindings, key), expected(key, patterns), key)
  for (let i = 0; i < all.length; i += 2) bindings.unbind(all[i]!)
  const left = patterns.filter((_, i) => i % 2 === 1)
  for (const key of keys) assert.deepEqual(routed(bindings, key), expected(key, left), key)
})

test('a pattern and a key made of as many # and words as fit are matched at once', () => {
  const bindings = new TopicBindings()
  bindings.bind(bindingOf(`${'#.a.'.repeat(60)}b`))
  assert.deepEqual(routed(bindings, Array(127).fill('a').join('.')), [])
  assert.equal(routed(bindings, `${'a.'.repeat(126)}b`).length, 1)
})

test('a destination that two bindings lead to stays until both have gone', () => {
  const bindings = new TopicBindings()
  const queue = { name: 'q', routed: 0 }
  bindings.bind(bindingOf('a.#', queue))
  bindings.bind(bindingOf('a.#', queue))
  bindings.unbind(bindingOf('a.#', queue))
  assert.deepEqual(routed(bindings, 'a.b'), ['q'])
  bindings.unbind(bindingOf('a.#', queue))
  assert.deepEqual(routed(bindings, 'a.b'), [])
  bindings.unbind(bindingOf('never.there', queue))
})

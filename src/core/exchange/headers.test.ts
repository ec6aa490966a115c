import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EMPTY_TABLE, type Field, type Table } from '../../wire/amqp/field.ts'
import { headersOf } from './bindings.ts'
import type { Destination } from './destination.ts'
import { Exchange } from './exchange.ts'
import { HeadersBindings } from './headers.ts'

const source = new Exchange(
  1,
  {
    name: 'x',
    type: 'headers',
    durable: true,
    autoDelete: false,
    internal: false,
    args: EMPTY_TABLE,
  },
  0,
)
const text = (value: string): Field => ({ type: 'S', value })
const int = (value: number): Field => ({ type: 'I', value })
const nothing: Field = { type: 'V', value: null }

function matches(args: Record<string, Field>, headers: Record<string, Field>): boolean {
  const bindings = new HeadersBindings()
  const destination: Destination = { name: 'q', routed: 0 }
  const binding = { id: 1, source, destination, key: '', args: new Map(Object.entries(args)) }
  bindings.bind(binding)
  const table: Table = new Map(Object.entries(headers))
  const out: Destination[] = []
  bindings.route('', headersOf({ headers: table }), out)
  bindings.unbind(binding)
  const after: Destination[] = []
  bindings.route('', headersOf({ headers: table }), after)
  assert.deepEqual(after, [])
  return out.length === 1
}

test('all wants every argument, any wants one', () => {
  const args = { a: int(1), b: text('x') }
  const all = { ...args, 'x-match': text('all') }
  const any = { ...args, 'x-match': text('any') }
  assert.equal(matches(args, { a: int(1), b: text('x'), c: int(3) }), true)
  assert.equal(matches(all, { a: int(1), b: text('y') }), false)
  assert.equal(matches(all, { a: int(1) }), false)
  assert.equal(matches(any, { a: int(1) }), true)
  assert.equal(matches(any, { a: int(2), b: text('y') }), false)
})

test('of no arguments at all, all takes every message and any takes none', () => {
  assert.equal(matches({}, {}), true)
  assert.equal(matches({ 'x-match': text('all') }, { a: int(1) }), true)
  assert.equal(matches({ 'x-match': text('any') }, { a: int(1) }), false)
})

test('arguments that start with x- count only with -with-x', () => {
  const args = { 'x-a': int(1), b: int(2) }
  assert.equal(matches({ ...args, 'x-match': text('all') }, { b: int(2) }), true)
  assert.equal(matches({ ...args, 'x-match': text('all-with-x') }, { b: int(2) }), false)
  assert.equal(matches({ ...args, 'x-match': text('all-with-x') }, { 'x-a': int(1), b: int(2) }), true)
  assert.equal(matches({ ...args, 'x-match': text('any') }, { 'x-a': int(1) }), false)
  assert.equal(matches({ ...args, 'x-match': text('any-with-x') }, { 'x-a': int(1) }), true)
})

test('an argument without a value asks whether the header is there', () => {
  assert.equal(matches({ a: nothing }, { a: text('whatever') }), true)
  assert.equal(matches({ a: nothing }, { a: nothing }), true)
  assert.equal(matches({ a: nothing }, { b: nothing }), false)
  assert.equal(matches({ a: int(1) }, { a: nothing }), false)
})

test('numbers are equal whatever their width, but whole and floating ones never are', () => {
  assert.equal(matches({ a: int(5) }, { a: { type: 'l', value: 5 } }), true)
  assert.equal(matches({ a: { type: 'l', value: 2n ** 60n } }, { a: { type: 'l', value: 2n ** 60n } }), true)
  assert.equal(matches({ a: int(5) }, { a: { type: 'd', value: 5 } }), false)
  assert.equal(matches({ a: { type: 'f', value: 0.5 } }, { a: { type: 'd', value: 0.5 } }), true)
  assert.equal(matches({ a: int(1) }, { a: { type: 't', value: true } }), false)
  assert.equal(matches({ a: int(1) }, { a: text('1') }), false)
})

test('text equals binary of the same bytes, arrays and tables equal only with the same types inside', () => {
  assert.equal(matches({ a: text('ab') }, { a: { type: 'x', value: Uint8Array.of(97, 98) } }), true)
  const array = (...value: Field[]): Field => ({ type: 'A', value })
  assert.equal(matches({ a: array(int(1), text('b')) }, { a: array(int(1), text('b')) }), true)
  assert.equal(matches({ a: array(int(1)) }, { a: array({ type: 'l', value: 1 }) }), false)
  const table = (entries: Record<string, Field>): Field => ({ type: 'F', value: new Map(Object.entries(entries)) })
  assert.equal(matches({ a: table({ b: int(1) }) }, { a: table({ b: int(1) }) }), true)
  assert.equal(matches({ a: table({ b: int(1) }) }, { a: table({ c: int(1) }) }), false)
})

test('a message’s timestamps count in milliseconds, a binding’s do not', () => {
  const timestamp: Field = { type: 'T', value: 5 }
  assert.equal(matches({ a: int(5000) }, { a: timestamp }), true)
  assert.equal(matches({ a: timestamp }, { a: timestamp }), false)
  assert.equal(matches({ a: timestamp }, { a: int(5) }), true)
})

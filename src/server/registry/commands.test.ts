import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BrokerRig } from '../../../sim/broker-rig.ts'
import type { Answer, Arguments } from '../control/command.ts'
import { dispatch } from '../control/dispatch.ts'

class Operator {
  readonly rig: BrokerRig

  constructor(rig = new BrokerRig()) {
    this.rig = rig
  }

  async ask(command: string, args: Arguments = {}): Promise<Answer> {
    const answers: Answer[] = []
    dispatch(this.rig.broker, command, args, (answer) => answers.push(answer))
    while (answers.length === 0) {
      // What the command needs is loaded.
      await new Promise((done) => setImmediate(done))
      this.rig.run(100)
    }
    return answers[0]!
  }

  // biome-ignore lint/suspicious/noExplicitAny: what an answer holds is what the tests look at.
  async get(command: string, args: Arguments = {}): Promise<any> {
    const answer = await this.ask(command, args)
    assert.ok(answer.ok, JSON.stringify(answer))
    return answer.result
  }

  async refusal(command: string, args: Arguments = {}): Promise<string> {
    const answer = await this.ask(command, args)
    return answer.ok ? 'nothing was refused' : answer.text
  }

  register(subject: string, schema: object, more: Arguments = {}) {
    return this.get('schemas register', { subject, schema: JSON.stringify(schema), ...more })
  }
}

const record = (name: string, ...fields: object[]) => ({ type: 'record', name, fields })

test('schemas are registered, listed and shown; a JSON Schema is known by what stands in it', async () => {
  const operator = new Operator()
  const [{ id, version, guid }] = await operator.register('a', record('A', { name: 'x', type: 'int' }))
  assert.deepEqual([id, version], [1, 1])
  await operator.register('b', { type: 'object', properties: {} })
  assert.deepEqual(await operator.get('schemas list'), [
    { subject: 'a', versions: 1, latest: 1, id: 1, type: 'AVRO', compatibility: 'BACKWARD' },
    { subject: 'b', versions: 1, latest: 1, id: 2, type: 'JSON', compatibility: 'BACKWARD' },
  ])
  assert.equal((await operator.get('schemas list', { prefix: 'b' })).length, 1)
  const shown = JSON.parse(await operator.get('schemas show', { id: '1' }))
  assert.deepEqual(shown, {
    subject: 'a',
    version: 1,
    id: 1,
    guid,
    type: 'AVRO',
    schema: record('A', { name: 'x', type: 'int' }),
  })
  assert.match(await operator.refusal('schemas show', { subject: 'none' }), /Subject 'none' not found/)
  assert.match(await operator.refusal('schemas show', { id: '9' }), /no schema with the id 9/)
  assert.match(await operator.refusal('schemas register', { schema: '"int"' }), /'subject' is missing/)
})

test('whether a schema fits is told before it is registered, with what to change', async () => {
  const operator = new Operator()
  await operator.register('s', record('S', { name: 'x', type: 'int' }))
  const check = (schema: object) => ({ subject: 's', schema: JSON.stringify(schema) })
  const fits = record('S', { name: 'x', type: 'long' })
  assert.match(await operator.get('schemas check', check(fits)), /^fits: s \(BACKWARD\), 1 version compared/)
  const other = record('S', { name: 'x', type: 'int' }, { name: 'y', type: 'string' })
  const told = await operator.refusal('schemas check', check(other))
  assert.match(told, /^does not fit version 1 of s \(BACKWARD\):\n {2}- The field 'y' .* default/)
  assert.match(await operator.get('schemas check', { subject: 'new', schema: '"int"' }), /no version to compare with/)
})

test('a changed schema is explained in words', async () => {
  const operator = new Operator()
  await operator.register('s', record('S', { name: 'x', type: 'int' }))
  assert.match(await operator.refusal('schemas diff', { subject: 's' }), /no version before 1/)
  await operator.register('s', record('S', { name: 'x', type: 'long' }, { name: 'y', type: 'string', default: '' }))
  const text = await operator.get('schemas diff', { subject: 's' })
  assert.match(text, /^s, from version 1 to 2\n\n/)
  assert.match(text, /x is long, and was int\./)
  assert.match(text, /y is a new field: string/)
  assert.match(text, /Consumers with the old schema can't read all of what is written with the new one/)
  assert.match(await operator.get('schemas diff', { subject: 's', from: '2', to: '1' }), /from version 2 to 1/)
})

test('what is exported is taken in by another registry with its ids, deleted versions and settings', async () => {
  const operator = new Operator()
  await operator.register('part', record('Part'))
  const references = '[{"name":"Part","subject":"part","version":1}]'
  await operator.register('whole', record('Whole', { name: 'p', type: 'Part' }), { references })
  const { registry } = operator.rig.broker.subjects
  registry.apply({ kind: 'deleted', subject: 'whole', versions: [1] })
  registry.apply({ kind: 'subject-config', subject: 'part', config: { compatibilityLevel: 'FULL' } })
  registry.apply({ kind: 'subject-mode', subject: ':.__GLOBAL:', mode: 'READONLY' })
  const schemas = await operator.get('schemas export')
  const other = new Operator()
  other.rig.broker.subjects.registry.apply({ kind: 'last-id', context: '.', id: 40 })
  assert.deepEqual(await other.get('schemas import', { schemas }), [{ schemas: 2, settings: 2, changed: 4 }])
  assert.deepEqual(await other.get('schemas export'), schemas)
  assert.deepEqual((await other.get('schemas import', { schemas }))[0].changed, 2, 'schemas are there already')
  other.rig.broker.subjects.registry.invariants()
})

test('what clashes with what is there is told, and the rest is imported', async () => {
  const operator = new Operator()
  await operator.register('mine', record('Mine'))
  const schemas = [
    { subject: 'theirs', version: 1, id: 1, schema: '"int"' },
    { subject: 'theirs', version: 2, id: 2, schema: '"long"' },
    { subject: 'theirs', version: 3, id: 3, schemaType: 'PROTOBUF', schema: 'message A {}' },
    { subject: '', version: 1, id: 4, schema: '"int"' },
    { subject: 'theirs', schema: '"int"' },
  ]
  const told = await operator.refusal('schemas import', { schemas })
  assert.match(told, /theirs version 1: Overwrite new schema with id 1 is not permitted/)
  assert.match(told, /theirs version 3: .*Protobuf is not supported/)
  assert.match(told, /'' is no subject/)
  assert.match(told, /a schema has its id and its version/)
  assert.match(await operator.get('schemas show', { subject: 'theirs', version: '2' }), /"id": 2/)
  assert.match(await operator.refusal('schemas import', { schemas: { format: 'other' } }), /an export has the format/)
})

test('types of an Avro schema', async () => {
  const operator = new Operator()
  await operator.register('t', {
    ...record(
      'shop.Order',
      { name: 'id', type: 'long', doc: 'Its number.' },
      {
        name: 'lines',
        type: {
          type: 'array',
          items: {
            type: 'record',
            name: 'Line',
            fields: [
              { name: 'sku', type: 'string' },
              { name: 'next', type: ['null', 'Line'] },
            ],
          },
        },
      },
      { name: 'state', type: { type: 'enum', name: 'State', symbols: ['NEW', 'SENT'] } },
      { name: 'notes', type: { type: 'map', values: ['null', 'string'] } },
      { name: 'hash', type: { type: 'fixed', name: 'Hash', size: 16 } },
      { name: 'body', type: 'bytes' },
    ),
    doc: 'What somebody wants.',
  })
  assert.equal(
    await operator.get('schemas types', { subject: 't' }),
    `/** t, version 1, id 1. Generated: do not edit. */
/** What somebody wants. */
export interface Order {
  /** Its number. */
  id: number
  lines: Line[]
  state: State
  notes: Record<string, null | string>
  hash: Hash
  body: Uint8Array
}

export interface Line {
  sku: string
  next: null | Line
}

export type State = "NEW" | "SENT"

export type Hash = Uint8Array
`,
  )
})

test('types of a JSON Schema', async () => {
  const operator = new Operator()
  await operator.register('line', {
    type: 'object',
    title: 'Order line',
    properties: { sku: { type: 'string' } },
    required: ['sku'],
    additionalProperties: false,
  })
  const schema = {
    title: 'Order',
    type: 'object',
    properties: {
      id: { type: 'integer', description: 'Its number.' },
      'two words': { type: ['string', 'null'] },
      state: { enum: ['new', 'sent'] },
      lines: { type: 'array', items: { $ref: 'line.json' } },
      pair: { type: 'array', items: [{ type: 'string' }, { type: 'number' }], additionalItems: false, minItems: 2 },
      who: { oneOf: [{ $ref: '#/definitions/person' }, { type: 'string' }] },
      more: { type: 'object', additionalProperties: { type: 'boolean' } },
      at: { type: 'object', properties: { x: { type: 'number' } }, additionalProperties: false },
      both: { allOf: [{ $ref: '#/definitions/person' }, { type: 'object', properties: { age: { type: 'number' } } }] },
      self: { $ref: '#' },
    },
    required: ['id'],
    additionalProperties: false,
    definitions: { person: { type: 'object', properties: { name: { const: 'me' } }, additionalProperties: false } },
  }
  const references = '[{"name":"line.json","subject":"line","version":1}]'
  await operator.register('t', schema, { references })
  assert.equal(
    await operator.get('schemas types', { subject: 't' }),
    `/** t, version 1, id 2. Generated: do not edit. */
export interface Order {
  /** Its number. */
  id: number
  "two words"?: string | null
  state?: "new" | "sent"
  lines?: OrderLine[]
  pair?: [string, number]
  who?: Person | string
  more?: Record<string, boolean>
  at?: {
    x?: number
  }
  both?: Person & {
    age?: number
    [other: string]: unknown
  }
  self?: Order
}

export interface OrderLine {
  sku: string
}

export interface Person {
  name?: "me"
}
`,
  )
})

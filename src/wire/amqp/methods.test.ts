import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { FRAME_BODY, FRAME_END, FRAME_HEADER, FRAME_HEARTBEAT, FRAME_METHOD, FRAME_MIN_SIZE } from './frame.ts'
import { CLASSES, METHODS } from './methods.ts'
import { PROPERTIES } from './properties.ts'
import { REPLY_CODES, REPLY_SUCCESS } from './reply-codes.ts'

const file = join(process.env.POSTHORN_SHARED ?? '../shared', 'specs/amqp/amqp-rabbitmq-0.9.1.json')
const skip = existsSync(file) ? false : `the specification is not at ${file}`

interface Specification {
  domains: [string, string][]
  constants: { name: string; value: number; class?: string }[]
  classes: {
    id: number
    name: string
    properties?: { name: string; type: string }[]
    methods: {
      id: number
      name: string
      synchronous?: boolean
      content?: boolean
      arguments: { name: string; type?: string; domain?: string }[]
    }[]
  }[]
}

const read = (): Specification => JSON.parse(readFileSync(file, 'utf8'))
const camel = (name: string) => name.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase())
const wire = (type: string) => (type === 'timestamp' ? 'longlong' : type)

test('the methods are those of the specification, argument by argument', { skip }, () => {
  const specification = read()
  const domains = new Map(specification.domains)
  const expected = specification.classes.flatMap((each) =>
    each.methods.map((method) => ({
      name: `${each.name}.${method.name}`,
      classId: each.id,
      methodId: method.id,
      synchronous: method.synchronous ?? false,
      content: method.content ?? false,
      fields: method.arguments.map((a) => [camel(a.name), wire(a.type ?? domains.get(a.domain!)!)]),
    })),
  )
  const ours = [...METHODS.values()].map(({ key: _, sender: __, ...method }) => ({
    ...method,
    fields: Object.entries(method.fields),
  }))
  const byPlace = (a: { classId: number; methodId: number }, b: { classId: number; methodId: number }) =>
    a.classId - b.classId || a.methodId - b.methodId
  assert.deepEqual(ours.sort(byPlace), expected.sort(byPlace))
})

test('the properties of basic are those of the specification, in its order', { skip }, () => {
  const basic = read().classes.find((each) => each.name === 'basic')!
  assert.deepEqual(
    Object.entries(PROPERTIES),
    basic.properties!.map((each) => [camel(each.name), wire(each.type)]),
  )
})

test('frame constants and reply codes are those of the specification, with their scope', { skip }, () => {
  const ours = new Map<string, { value: number; scope?: string }>([
    ['FRAME-METHOD', { value: FRAME_METHOD }],
    ['FRAME-HEADER', { value: FRAME_HEADER }],
    ['FRAME-BODY', { value: FRAME_BODY }],
    ['FRAME-HEARTBEAT', { value: FRAME_HEARTBEAT }],
    ['FRAME-MIN-SIZE', { value: FRAME_MIN_SIZE }],
    ['FRAME-END', { value: FRAME_END }],
    ['REPLY-SUCCESS', { value: REPLY_SUCCESS }],
  ])
  for (const [name, { code, scope }] of Object.entries(REPLY_CODES)) {
    ours.set(name.toUpperCase(), { value: code, scope })
  }
  const scopes: Record<string, string> = { 'soft-error': 'channel', 'hard-error': 'connection' }
  const expected = new Map(
    read().constants.map((each) => [
      each.name,
      each.class === undefined ? { value: each.value } : { value: each.value, scope: scopes[each.class] },
    ]),
  )
  assert.deepEqual(ours, expected)
})

test('methods are grouped by class under their own names', () => {
  for (const [name, methods] of Object.entries(CLASSES)) {
    for (const [verb, method] of Object.entries(methods)) {
      assert.equal(method.name.split('.')[0], name)
      assert.equal(camel(method.name.split('.')[1]), verb)
    }
  }
})

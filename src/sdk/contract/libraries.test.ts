import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type } from 'arktype'
import { Type } from 'typebox'
import * as v from 'valibot'
import { z } from 'zod'
import type { Contract } from './contract.ts'
import { contractOf } from './schema.ts'

interface Order {
  id: string
  total: number
}

/** The same contract in every library. */
const CONTRACTS: Readonly<Record<string, Contract<Order>>> = {
  zod: contractOf(z.object({ id: z.string(), total: z.number() })),
  valibot: contractOf(v.object({ id: v.string(), total: v.number() })),
  arktype: contractOf(type({ id: 'string', total: 'number' })),
  typebox: contractOf(Type.Object({ id: Type.String(), total: Type.Number() })),
  'JSON Schema 2020-12': contractOf({
    type: 'object',
    properties: { id: { type: 'string' }, total: { type: 'number' } },
    required: ['id', 'total'],
  } as const),
  'JSON Schema draft 7': contractOf({
    $schema: 'http://json-schema.org/draft-07/schema#',
    definitions: { text: { type: 'string' } },
    type: 'object',
    properties: { id: { $ref: '#/definitions/text', type: 'string' }, total: { type: 'number' } },
    required: ['id', 'total'],
  } as const),
}

for (const [name, contract] of Object.entries(CONTRACTS)) {
  test(`${name}: what is right passes, what is wrong is told with its place`, async () => {
    const codec = await contract.open()
    const body = await codec.encode({ id: 'o-1', total: 12 })
    assert.deepEqual(await codec.decode(body), { id: 'o-1', total: 12 })
    const wrong = async () => codec.encode({ id: 'o-1', total: 'many' as unknown as number })
    await assert.rejects(wrong, { code: 'CONTRACT_VIOLATED', message: /total/ })
    const other = new TextEncoder().encode('{"total":1}')
    await assert.rejects(async () => codec.decode(other), { code: 'CONTRACT_VIOLATED', message: /id/ })
  })
}

test('a schema that converts gives the handler what it converts to, and checks what the sender gives', async () => {
  const codec = await contractOf(z.object({ at: z.iso.datetime().transform((text) => new Date(text)) })).open()
  const body = await codec.encode({ at: '2026-11-26T00:00:00Z' })
  assert.deepEqual(await codec.decode(body), { at: new Date('2026-11-26T00:00:00Z') })
})

test('a schema that has to wait is waited for', async () => {
  const codec = await contractOf(z.string().refine(async (text) => text.length > 1, 'too short')).open()
  assert.equal(await codec.decode(await codec.encode('ab')), 'ab')
  await assert.rejects(async () => codec.encode('a'), { code: 'CONTRACT_VIOLATED', message: /too short/ })
})

test('formats of JSON Schema are checked', async () => {
  const codec = await contractOf({ type: 'string', format: 'date-time' } as const).open()
  await codec.encode('2026-11-26T00:00:00Z')
  await assert.rejects(async () => codec.encode('tomorrow'), { code: 'CONTRACT_VIOLATED', message: /date-time/ })
})

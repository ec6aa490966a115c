import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Ajv } from 'ajv'
import { compareSchemas, parseSchema } from '../schema.ts'

/** Pairs of schemas, and values tried on each. */
const PAIRS = 400
const VALUES = 60

/** mulberry32: the same sequence in every run. */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

type Schema = boolean | { [key: string]: unknown }

class Maker {
  private readonly next: () => number

  constructor(seed: number) {
    this.next = random(seed)
  }

  chance(of: number): boolean {
    return this.next() < of
  }

  pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.next() * list.length)]
  }

  schema(depth: number): Schema {
    if (this.chance(0.06)) return this.chance(0.6)
    const parts: (() => object)[] = [
      () => ({ type: this.pick(['string', 'integer', 'number', 'null', 'boolean', 'array', 'object']) }),
      () => ({
        type: this.pick([
          ['string', 'null'],
          ['integer', 'string'],
          ['object', 'null'],
          ['number', 'array'],
        ]),
      }),
      () => ({ enum: this.pick([[1, 2], ['a', 'b'], ['a', 1, null], [0.5], [{}]]) }),
      () => ({ const: this.pick([1, 'a', null]) }),
      () => ({
        [this.pick(['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'])]: this.pick([0, 1, 2, 1.5]),
      }),
      () => ({ multipleOf: this.pick([1, 2, 0.5, 3]) }),
      () => ({
        [this.pick(['minLength', 'maxLength', 'minItems', 'maxItems', 'minProperties', 'maxProperties'])]: this.pick([
          0, 1, 2,
        ]),
      }),
      () => ({ pattern: this.pick(['^a', 'b']) }),
      () => ({ uniqueItems: true }),
    ]
    if (depth > 0) {
      parts.push(
        () => ({
          type: 'object',
          properties: this.properties(depth),
          ...(this.chance(0.4) ? { required: [this.pick(['a', 'b', 'c'])] } : {}),
        }),
        () => ({
          properties: this.properties(depth),
          additionalProperties: this.chance(0.5) ? false : this.schema(depth - 1),
        }),
        () => ({ additionalProperties: this.schema(depth - 1) }),
        () => ({
          patternProperties: { [this.pick(['^a', 'b'])]: this.schema(depth - 1) },
          ...(this.chance(0.6) ? { additionalProperties: false } : {}),
        }),
        () => ({ propertyNames: { maxLength: this.pick([1, 2]) } }),
        () => ({ dependencies: { a: this.chance(0.5) ? ['b'] : this.schema(depth - 1) } }),
        () => ({ items: this.schema(depth - 1) }),
        () => ({
          items: [this.schema(depth - 1), this.schema(0)],
          ...(this.chance(0.6) ? { additionalItems: this.chance(0.5) ? false : this.schema(0) } : {}),
        }),
        () => ({ contains: this.schema(depth - 1) }),
        () => ({ [this.pick(['allOf', 'anyOf'])]: [this.schema(depth - 1), this.schema(depth - 1)] }),
        () => ({ not: this.schema(0) }),
        () =>
          Object.fromEntries([
            ['if', this.schema(0)],
            ['then', this.schema(0)],
            ['else', this.schema(0)],
          ]),
      )
    }
    const made: Schema = {}
    for (let count = this.pick([1, 1, 2, 2, 3]); count > 0; count -= 1) Object.assign(made, this.pick(parts)())
    return made
  }

  /** The schema with something loosened, tightened or taken away: most pairs at random have nothing to do with each other. */
  variant(schema: Schema, depth: number): Schema {
    if (typeof schema === 'boolean' || this.chance(0.1)) return this.schema(depth)
    const made = structuredClone(schema) as { [key: string]: unknown }
    const keys = Object.keys(made)
    const key = this.pick(keys)
    const value = made[key]
    const much = this.next()
    if (much < 0.3) delete made[key]
    else if (much < 0.5) Object.assign(made, this.schema(depth))
    else if (typeof value === 'number') made[key] = value + this.pick([0, 1, value >= 2 ? -1 : 1])
    else if (key === 'properties') made[key] = this.properties(depth)
    else if (key === 'items' || key === 'additionalProperties' || key === 'not' || key === 'contains')
      made[key] = Array.isArray(value)
        ? value.slice(1).concat(this.schema(0))
        : this.variant(value as Schema, depth - 1)
    else if ((key === 'allOf' || key === 'anyOf') && Array.isArray(value))
      made[key] = value.map((part: Schema) => this.variant(part, depth - 1))
    else if (key === 'type') made[key] = this.pick(['number', 'object', ['string', 'null'], 'array'])
    if (made.type === undefined && 'additionalItems' in made && !Array.isArray(made.items)) delete made.additionalItems
    return made
  }

  value(depth: number): unknown {
    const simple = [null, true, 0, 1, 2, 3, 0.5, 1.5, -1, '', 'a', 'b', 'ab', 'abc', {}, []]
    if (depth === 0 || this.chance(0.35)) return this.pick(simple)
    if (this.chance(0.4)) return Array.from({ length: this.pick([0, 1, 2, 3]) }, () => this.value(depth - 1))
    const names = ['a', 'b', 'c', 'ab', 'd'].filter(() => this.chance(0.4))
    return Object.fromEntries(names.map((name) => [name, this.value(depth - 1)]))
  }

  private properties(depth: number): object {
    const names = ['a', 'b', 'c'].filter(() => this.chance(0.5))
    return Object.fromEntries(names.map((name) => [name, this.schema(depth - 1)]))
  }
}

test(`of ${PAIRS} pairs of schemas, none that fit lets Ajv find a value that the old one takes and the new one does not`, () => {
  // All errors: with the first alone Ajv 8.20 does not look at `contains` where an array is shorter than its tuple.
  const ajv = new Ajv({ strict: false, logger: false, allErrors: true })
  const count = { fits: 0, differs: 0, tried: 0 }
  for (let seed = 1; seed <= PAIRS; seed += 1) {
    const maker = new Maker(seed)
    const older = maker.schema(2)
    const newer = maker.variant(older, 2)
    const [writer, reader] = [older, newer].map((schema) => parseSchema('JSON', JSON.stringify(schema), []))
    assert.ok(!('problem' in writer) && !('problem' in reader), JSON.stringify([older, newer]))
    if (compareSchemas(reader, writer).length > 0) {
      count.differs += 1
      continue
    }
    count.fits += 1
    const [takes, took] = [ajv.compile(newer), ajv.compile(older)]
    for (let index = 0; index < VALUES; index += 1) {
      const value = maker.value(2)
      if (!took(value)) continue
      count.tried += 1
      assert.ok(takes(value), `seed ${seed}: ${JSON.stringify({ older, newer, value })}`)
    }
  }
  assert.ok(count.fits > PAIRS / 10 && count.differs > PAIRS / 10 && count.tried > PAIRS, JSON.stringify(count))
})

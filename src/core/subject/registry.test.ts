import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Dice } from '../../../sim/random.ts'
import { decideConfig, decideMode } from './configure.ts'
import { guidOf, type SchemaContent } from './content.ts'
import { decideSubjectDeletion, decideVersionDeletion } from './delete.ts'
import type { SubjectFact } from './fact.ts'
import { isScope, isSubject, readName, readNameFrom, type SubjectName } from './name.ts'
import { isRefused, type RegistryRefusal } from './refusals.ts'
import { decideRegistration, findVersion } from './register.ts'
import { Registry } from './registry.ts'
import { scopeOf } from './settings.ts'

function schema(text: string, more: Partial<SchemaContent> = {}): SchemaContent {
  return { type: 'AVRO', schema: text, references: [], metadata: null, ruleSet: null, ...more }
}

function state(registry: Registry): string {
  return JSON.stringify([...registry.facts()].map((fact) => JSON.stringify(fact)).sort())
}

/** Registers as the broker does: what is there is found. */
function register(
  registry: Registry,
  name: SubjectName,
  content: SchemaContent,
  id: number | null = null,
): SubjectFact[] {
  if (id === null && findVersion(registry, name, content, false) !== undefined) return []
  return taken(registry, decideRegistration(registry, { name, id, version: null }, content, 0))
}

function taken(registry: Registry, decided: SubjectFact | RegistryRefusal): SubjectFact[] {
  if (isRefused(decided)) return []
  registry.apply(decided)
  return [decided]
}

test('a guid is made as clients make it, so that it is the same in every registry', () => {
  // What Confluent's Java client makes of `"string"`: the MD5 of its UTF-8 bytes.
  assert.equal(guidOf(schema('"string"')), '095d71cf-1255-6b9d-5e33-0ad575b3df5d')
  const references = [{ name: 'a', subject: 'b', version: 1 }]
  const others = [
    schema('"string"', { references }),
    schema('"string"', { metadata: {} }),
    schema('"string"', { metadata: { properties: { a: 'b' } } }),
    schema('"string"', { ruleSet: { domainRules: [{ name: 'r', kind: 'CONDITION' }] } }),
  ]
  assert.equal(new Set(others.map(guidOf)).size, others.length)
})

test('names of subjects and contexts', () => {
  assert.deepEqual(readName('a'), { context: '.', subject: 'a', qualified: 'a' })
  assert.deepEqual(readName(':.c:a:b'), { context: '.c', subject: 'a:b', qualified: ':.c:a:b' })
  assert.deepEqual(readName(':.:a'), { context: '.', subject: 'a', qualified: 'a' })
  assert.deepEqual(readNameFrom('.c', 'a').qualified, ':.c:a')
  assert.deepEqual(readNameFrom('.c', ':.:a').qualified, 'a')
  for (const text of ['', ':.c:', ':.c', '__GLOBAL', 'a\u0000', 'x'.repeat(1025)]) assert.ok(!isSubject(readName(text)))
  assert.ok(isScope(readName(':.c:')))
  assert.equal(scopeOf(readName('')).qualified, scopeOf(readName(':.__GLOBAL:')).qualified)
})

test('READONLY_OVERRIDE stops also who has a mode of its own', () => {
  const registry = new Registry()
  const name = readName('s')
  taken(registry, decideMode(registry, name, 'READWRITE', false))
  taken(registry, decideMode(registry, scopeOf(readName('')), 'READONLY', false))
  assert.equal(registry.settings.effectiveMode(name), 'READWRITE')
  taken(registry, decideMode(registry, scopeOf(readName('')), 'READONLY_OVERRIDE', false))
  assert.equal(registry.settings.effectiveMode(name), 'READONLY_OVERRIDE')
})

test('versions that are imported in any order are told in theirs', () => {
  const registry = new Registry()
  const name = readName('s')
  for (const version of [5, 2, 9, 1]) {
    taken(registry, decideRegistration(registry, { name, id: 10 + version, version }, schema(`"${version}"`), 0))
    registry.invariants()
  }
  assert.deepEqual(
    [...registry.subject(name)!.all()].map(({ version }) => version),
    [1, 2, 5, 9],
  )
  assert.equal(registry.subject(name)!.latest()!.version, 9)
})

/** Does something, whatever it is, and tells the facts. */
function step(registry: Registry, dice: Dice): SubjectFact[] {
  const name = readName(dice.pick(['a', 'b', ':.c:a']))
  const subject = registry.subject(name)
  const content = schema(`"${dice.below(6)}"`, {
    references: dice.chance(0.2) ? [{ name: 'x', subject: dice.pick(['a', 'b']), version: 1 }] : [],
  })
  const kind = dice.below(10)
  if (kind < 4) return register(registry, name, content)
  if (kind < 5) return register(registry, name, content, dice.between(1, 12))
  if (kind < 6) return taken(registry, decideConfig(registry, name, { normalize: dice.chance(0.5) }))
  if (kind < 7) return taken(registry, decideMode(registry, name, 'READWRITE', true))
  const deletion =
    kind < 8 || subject === undefined
      ? decideSubjectDeletion(registry, name, dice.chance(0.5))
      : decideVersionDeletion(registry, dice.pick([...subject.all()]), subject, dice.chance(0.5))
  if (isRefused(deletion)) return []
  for (const fact of deletion.facts) registry.apply(fact)
  return [...deletion.facts]
}

test('what is taken of a registry while it changes is, with the facts since, what it has become', () => {
  for (let seed = 1; seed <= 300; seed++) {
    const dice = new Dice(seed)
    const registry = new Registry()
    for (let n = dice.below(30); n > 0; n--) step(registry, dice)
    const since: SubjectFact[] = []
    const found: SubjectFact[] = []
    for (const fact of registry.facts()) {
      // As it is written: nothing that changes later may change what was taken.
      found.push(JSON.parse(JSON.stringify(fact)))
      if (dice.chance(0.5)) since.push(...step(registry, dice))
    }
    const copy = new Registry()
    for (const fact of [...found, ...since, ...since]) copy.apply(fact)
    copy.invariants()
    registry.invariants()
    assert.equal(state(copy), state(registry), `seed ${seed}`)
    assert.equal(copy.bytes, registry.bytes, `seed ${seed}`)
  }
})

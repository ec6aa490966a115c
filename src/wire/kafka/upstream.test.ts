import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, it } from 'node:test'
import { allMessages } from './all-messages.ts'
import { ErrorCode } from './errors.ts'
import { type Field, type Fields, type Message, type Range, range, within, ZERO_UUID } from './schema.ts'

const root = join(import.meta.dirname, '../../../..')
const specs = resolve(root, process.env.POSTHORN_SHARED ?? '../shared', 'specs/kafka')
const skip = existsSync(specs) ? false : `there are no upstream definitions in ${specs}`

interface UpstreamField {
  name: string
  type: string
  versions: string
  nullableVersions?: string
  tag?: number
  taggedVersions?: string
  flexibleVersions?: string
  default?: unknown
  fields?: UpstreamField[]
}
interface Upstream {
  name: string
  apiKey?: number
  validVersions: string
  flexibleVersions: string
  fields: UpstreamField[]
  commonStructs?: UpstreamField[]
}

function upstream(name: string): Upstream {
  const text = readFileSync(join(specs, 'messages/common', `${name}.json`), 'utf8')
  return JSON.parse(text.replace(/^\s*\/\/.*$/gm, '').replace(/\/\/[^"\n]*$/gm, ''))
}

/** One line per field of a version, in the order of the wire: what both sides are compared by. */
function ours(fields: Fields, version: number, path: string): string[] {
  return Object.entries(fields).flatMap(([name, field]) => {
    if (!within(field.versions, version)) return []
    const type = field.type === 'array' ? `[]${field.element}` : field.type === 'wide64' ? 'int64' : field.type
    const line = [
      path + name,
      type,
      within(field.nullable, version) ? 'or null' : '',
      within(field.tagged, version) ? `tag ${field.tag}` : '',
      field.rigid ? 'rigid' : '',
      `= ${shown(field)}`,
    ]
    return [line.join(' '), ...(field.fields === null ? [] : ours(field.fields, version, `${path + name}.`))]
  })
}

function shown(field: Field): string {
  if (field.type === 'bytes' && field.default !== null) return ''
  if (field.default === undefined) return ''
  return field.type === 'records' ? 'null' : String(field.default)
}

function theirs(message: Upstream, fields: UpstreamField[], version: number, path: string): string[] {
  return fields.flatMap((field) => {
    if (!within(range(field.versions), version)) return []
    const name = path + field.name.charAt(0).toLowerCase() + field.name.slice(1)
    const array = field.type.startsWith('[]')
    const named = array ? field.type.slice(2) : field.type
    const inner = field.fields ?? message.commonStructs?.find((struct) => struct.name === named)?.fields
    const type = inner === undefined ? named : 'struct'
    const none: Range = { from: 0, to: -1 }
    const tagged = field.taggedVersions === undefined ? none : range(field.taggedVersions)
    const line = [
      name,
      array ? `[]${type}` : type,
      within(field.nullableVersions === undefined ? none : range(field.nullableVersions), version) ? 'or null' : '',
      within(tagged, version) ? `tag ${field.tag}` : '',
      field.flexibleVersions === 'none' ? 'rigid' : '',
      `= ${array && field.default === undefined ? '' : upstreamDefault(type, field.default)}`,
    ]
    return [line.join(' '), ...(inner === undefined ? [] : theirs(message, inner, version, `${name}.`))]
  })
}

function upstreamDefault(type: string, value: unknown): string {
  if (value !== undefined)
    return type.includes('int') ? String(value === 'null' ? null : BigInt(String(value))) : String(value)
  if (type === 'bool') return 'false'
  if (type.includes('int') || type === 'float64') return '0'
  if (type === 'uuid') return ZERO_UUID
  return type === 'records' ? 'null' : ''
}

describe("the tables are upstream's", { skip }, async () => {
  for (const message of await allMessages()) {
    it(`${message.name} has the same fields in every version`, () => {
      const definition = upstream(message.name)
      assert.equal(message.key, definition.apiKey ?? -1)
      assert.deepEqual(message.versions, range(definition.validVersions))
      assert.deepEqual(message.flexible, range(definition.flexibleVersions))
      eachVersion(message, (version) => {
        assert.deepEqual(ours(message.fields, version, ''), theirs(definition, definition.fields, version, ''))
      })
    })
  }

  it('error codes have the same names', () => {
    const errors: { code: number; name: string }[] = JSON.parse(readFileSync(join(specs, 'errors.json'), 'utf8'))
    assert.deepEqual(ErrorCode, Object.fromEntries(errors.map((error) => [error.name, error.code])))
  })
})

function eachVersion(message: Message, run: (version: number) => void): void {
  for (let version = message.versions.from; version <= message.versions.to; version++) run(version)
}

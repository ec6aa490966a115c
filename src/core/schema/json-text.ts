/**
 * A value that came as JSON. A whole number beyond 2^53 is a bigint, so that none changes on its way through the registry.
 */
export type Json = null | boolean | number | bigint | string | readonly Json[] | JsonObject
export type JsonObject = { readonly [key: string]: Json }

/** The longest text of a schema, and the deepest nesting in one: what is read is read by functions that call themselves. */
export const MAX_SCHEMA_LENGTH = 1_048_576
export const MAX_SCHEMA_DEPTH = 128

/** Why a text is no schema, and where. */
export interface SchemaProblem {
  readonly problem: string
  /** A JSON pointer into the schema, empty for the whole of it. */
  readonly path: string
}

/** Thrown and caught within `core/schema`: what parses calls itself many levels deep. */
export class Unfit extends Error {
  readonly path: string

  constructor(problem: string, path: string) {
    super(problem)
    this.path = path
  }
}

/** A JSON text as a value, and as text without white space, in the order and with the numbers in which it was written. */
export interface JsonText {
  readonly value: Json
  readonly compact: string
}

export function readJson(text: string): JsonText {
  if (text.length > MAX_SCHEMA_LENGTH)
    throw new Unfit(`A schema may have ${MAX_SCHEMA_LENGTH} characters, and this one has ${text.length}`, '')
  const reader = new JsonReader(text)
  const value = reader.value(0)
  reader.end()
  return { value, compact: reader.compact() }
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value)
}

/** The value as JSON text. Keys in their order, or sorted. */
export function writeJson(value: Json, sorted = false): string {
  if (typeof value === 'bigint') return value.toString()
  if (isList(value)) return `[${value.map((item) => writeJson(item, sorted)).join(',')}]`
  if (!isObject(value)) return JSON.stringify(value)
  const keys = Object.keys(value)
  if (sorted) keys.sort()
  return `{${keys.map((key) => `${JSON.stringify(key)}:${writeJson(value[key], sorted)}`).join(',')}}`
}

/** Whether two values are the same JSON, whatever the order of keys. */
export function sameJson(one: Json | undefined, other: Json | undefined): boolean {
  if (one === other) return true
  if (one === undefined || other === undefined) return false
  return writeJson(one, true) === writeJson(other, true)
}

/** A step of a JSON pointer (RFC 6901). */
export function step(key: string | number): string {
  return `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`
}

const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y
// biome-ignore lint/suspicious/noControlCharactersInRegex: what JSON forbids within a string.
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y
const SPACE = /[ \t\n\r]*/y

class JsonReader {
  private readonly text: string
  private at = 0
  private readonly tokens: string[] = []

  constructor(text: string) {
    this.text = text
  }

  compact(): string {
    return this.tokens.join('')
  }

  end(): void {
    this.skip()
    if (this.at < this.text.length) this.fail()
  }

  value(depth: number): Json {
    if (depth > MAX_SCHEMA_DEPTH) throw new Unfit(`A schema may be nested ${MAX_SCHEMA_DEPTH} levels deep`, '')
    this.skip()
    const next = this.text[this.at]
    if (next === '{') return this.object(depth)
    if (next === '[') return this.list(depth)
    if (next === '"') return this.string()
    if (this.word('null')) return null
    if (this.word('true')) return true
    return this.word('false') ? false : this.number()
  }

  private object(depth: number): Json {
    const entries: [string, Json][] = []
    const seen = new Set<string>()
    this.take('{')
    if (!this.found('}')) {
      do {
        this.skip()
        const key = this.string()
        if (seen.has(key)) throw new Unfit(`The key ${JSON.stringify(key)} stands twice in one object`, '')
        seen.add(key)
        this.take(':')
        entries.push([key, this.value(depth + 1)])
      } while (this.found(','))
      this.take('}')
    }
    return Object.fromEntries(entries)
  }

  private list(depth: number): Json {
    const items: Json[] = []
    this.take('[')
    if (!this.found(']')) {
      do items.push(this.value(depth + 1))
      while (this.found(','))
      this.take(']')
    }
    return items
  }

  private string(): string {
    const value = JSON.parse(this.match(STRING)) as string
    this.tokens.push(JSON.stringify(value))
    return value
  }

  private number(): number | bigint {
    const text = this.match(NUMBER)
    this.tokens.push(text)
    const value = Number(text)
    if (/^-?\d+$/.test(text) && !Number.isSafeInteger(value)) return BigInt(text)
    if (!Number.isFinite(value)) throw new Unfit(`The number ${text.slice(0, 40)} is too large`, '')
    return value
  }

  private word(text: string): boolean {
    if (!this.text.startsWith(text, this.at)) return false
    this.at += text.length
    this.tokens.push(text)
    return true
  }

  private match(pattern: RegExp): string {
    pattern.lastIndex = this.at
    const found = pattern.exec(this.text)?.[0]
    if (found === undefined) return this.fail()
    this.at += found.length
    return found
  }

  private found(mark: string): boolean {
    this.skip()
    if (this.text[this.at] !== mark) return false
    this.at += 1
    this.tokens.push(mark)
    return true
  }

  private take(mark: string): void {
    if (!this.found(mark)) this.fail()
  }

  private skip(): void {
    SPACE.lastIndex = this.at
    this.at += SPACE.exec(this.text)?.[0].length ?? 0
  }

  private fail(): never {
    const found = this.at < this.text.length ? JSON.stringify(this.text[this.at]) : 'the end'
    throw new Unfit(`This is no JSON: ${found} at character ${this.at + 1} is not expected`, '')
  }
}

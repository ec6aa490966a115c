import { createHash, type Hash } from 'node:crypto'

export const SCHEMA_TYPES = ['JSON', 'AVRO'] as const
export type SchemaType = (typeof SCHEMA_TYPES)[number]

/** Another schema that one is made with; `name` is what it calls it by. */
export interface SchemaReference {
  readonly name: string
  readonly subject: string
  readonly version: number
}

/** What people say about a schema. */
export interface Metadata {
  readonly tags?: Readonly<Record<string, readonly string[]>>
  readonly properties?: Readonly<Record<string, string>>
  readonly sensitive?: readonly string[]
}

export interface Rule {
  readonly name: string
  readonly doc?: string
  readonly kind?: string
  readonly mode?: string
  readonly type?: string
  readonly tags?: readonly string[]
  readonly params?: Readonly<Record<string, string>>
  readonly expr?: string
  readonly onSuccess?: string
  readonly onFailure?: string
  readonly disabled?: boolean
}

/** Rules that clients follow; the registry carries them. */
export interface RuleSet {
  readonly migrationRules?: readonly Rule[]
  readonly domainRules?: readonly Rule[]
  readonly encodingRules?: readonly Rule[]
  readonly enableAt?: string
}

/** A schema with all that belongs to it: two that are the same have the same id. */
export interface SchemaContent {
  readonly type: SchemaType
  /** In the canonical form of its type. */
  readonly schema: string
  readonly references: readonly SchemaReference[]
  readonly metadata: Metadata | null
  readonly ruleSet: RuleSet | null
}

/**
 * The id that a schema has in every registry: made of its content as Confluent's clients make it, so that it stays when a schema is moved. It is
 * the MD5 of the text, of each reference's name, subject and version (i32), and of metadata and rules, each behind a byte of 1, their maps in order.
 */
export function guidOf({ schema, references, metadata, ruleSet }: SchemaContent): string {
  const hash = createHash('md5').update(schema)
  for (const { name, subject, version } of references) {
    const number = Buffer.alloc(4)
    number.writeInt32BE(version)
    hash.update(name).update(subject).update(number)
  }
  if (metadata !== null) hashMetadata(hash.update(ONE), metadata)
  if (ruleSet !== null) hashRules(hash.update(ONE), ruleSet)
  const text = hash.digest('hex')
  return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)].join('-')
}

const ONE = Buffer.from([1])

function hashMetadata(hash: Hash, { tags = {}, properties = {}, sensitive = [] }: Metadata): void {
  for (const [key, values] of inOrder(tags)) {
    hash.update(key)
    for (const value of [...values].sort()) hash.update(value)
  }
  for (const [key, value] of inOrder(properties)) hash.update(key).update(value)
  for (const one of [...sensitive].sort()) hash.update(one)
}

function hashRules(hash: Hash, { migrationRules = [], domainRules = [], encodingRules = [], enableAt }: RuleSet): void {
  for (const rule of [...migrationRules, ...domainRules, ...encodingRules]) {
    const { name, doc, kind, mode, type, tags = [], params = {}, expr, onSuccess, onFailure, disabled } = rule
    for (const text of [name, doc, kind, mode, type, ...[...tags].sort()]) if (text !== undefined) hash.update(text)
    for (const [key, value] of inOrder(params)) hash.update(key).update(value)
    for (const text of [expr, onSuccess, onFailure]) if (text !== undefined) hash.update(text)
    if (disabled === true) hash.update(ONE)
  }
  if (enableAt !== undefined) hash.update(enableAt)
}

function inOrder<T>(map: Readonly<Record<string, T>>): [string, T][] {
  return Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1))
}

/** Whether two are the same: who finds one by its guid makes sure. */
export function isSameContent(a: SchemaContent, b: SchemaContent): boolean {
  return isSameSchema(a, b) && sameJson(a.metadata, b.metadata) && sameJson(a.ruleSet, b.ruleSet)
}

/** Whether two are the same but for what is said about them. */
export function isSameSchema(a: SchemaContent, b: SchemaContent): boolean {
  return a.type === b.type && a.schema === b.schema && sameJson(a.references, b.references)
}

function sameJson(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

import { readName } from '../../src/core/subject/name.ts'
import type { Registry } from '../../src/core/subject/registry.ts'
import { rule } from '../failure.ts'

/** What a subject has, by version; an empty one is a subject that is not there. */
export type Versions = ReadonlyMap<number, { readonly id: number; readonly schema: string; readonly deleted: boolean }>

/** What somebody wants of a subject, and has no answer for yet. */
export type Wish =
  | { readonly kind: 'register'; readonly schema: string }
  | { readonly kind: 'delete'; readonly permanent: boolean }

const NOTHING: Versions = new Map()

/** What the registry has promised. */
export class RegistryModel {
  private readonly promised = new Map<string, Versions>()
  private readonly wishes = new Map<string, Wish>()
  /** Every id that somebody was told, with its schema: for ever. */
  private readonly ids = new Map<string, string>()

  /** Whether nobody waits for an answer about that subject. */
  isFree(subject: string): boolean {
    return !this.wishes.has(subject)
  }

  get waiting(): number {
    return this.wishes.size
  }

  wish(subject: string, wish: Wish): void {
    this.wishes.set(subject, wish)
  }

  /** The wish was answered: what the subject has is promised from now on. */
  answered(registry: Registry, subject: string): void {
    this.look(registry, subject)
    this.promise(subject, versionsOf(registry, subject))
    this.wishes.delete(subject)
  }

  /** A client was told that a schema has that id. */
  told(subject: string, version: number, id: number, schema: string): void {
    const known = this.promised.get(subject)?.get(version)
    rule(
      known?.id === id && known.schema === schema,
      `${subject} version ${version} was told to be ${id}, and is ${JSON.stringify(known)}`,
    )
  }

  /** What is there has to be what was promised, or what a wish makes of it. */
  look(registry: Registry, subject: string): void {
    const [before, now, wish] = [
      this.promised.get(subject) ?? NOTHING,
      versionsOf(registry, subject),
      this.wishes.get(subject),
    ]
    if (isSame(before, now) || (wish !== undefined && mayCome(before, now, wish))) return
    rule(false, `${subject} is ${show(now)}; promised was ${show(before)}, wanted ${JSON.stringify(wish)}`)
  }

  /** Another life has begun: what it knows is on the disk, and nobody will be answered any more. */
  recovered(registry: Registry, subjects: readonly string[]): void {
    for (const subject of subjects) {
      this.look(registry, subject)
      this.promise(subject, versionsOf(registry, subject))
    }
    this.wishes.clear()
  }

  private promise(subject: string, versions: Versions): void {
    const { context } = readName(subject)
    for (const { id, schema } of versions.values()) {
      const known = this.ids.get(`${context} ${id}`)
      rule(known === undefined || known === schema, `the id ${id} was ${known}, and is ${schema} now`)
      this.ids.set(`${context} ${id}`, schema)
    }
    this.promised.set(subject, versions)
  }
}

function versionsOf(registry: Registry, subject: string): Versions {
  const found = registry.subject(readName(subject))
  if (found === undefined) return NOTHING
  return new Map(
    [...found.all()].map(({ version, entry, deleted }) => [
      version,
      { id: entry.id, schema: entry.content.schema, deleted },
    ]),
  )
}

function mayCome(before: Versions, now: Versions, wish: Wish): boolean {
  if (wish.kind === 'register') {
    const added = [...now].filter(([version]) => !before.has(version))
    const others = new Map([...now].filter(([version]) => before.has(version)))
    return isSame(before, others) && added.length === 1 && added[0]![1].schema === wish.schema
  }
  if (wish.permanent) return now.size === 0
  return isSame(new Map([...before].map(([version, one]) => [version, { ...one, deleted: true }])), now)
}

function isSame(one: Versions, other: Versions): boolean {
  return show(one) === show(other)
}

function show(versions: Versions): string {
  return JSON.stringify([...versions])
}

import { assert } from '../../std/assert.ts'
import { isSameContent, type SchemaContent } from './content.ts'
import type { SubjectFact, VersionFact } from './fact.ts'
import { readName, readNameFrom, type SubjectName } from './name.ts'
import { SubjectSettings } from './settings.ts'
import { type SchemaEntry, type SchemaVersion, Subject } from './subject.ts'

/** What these take as objects, beside their texts. */
const ENTRY_BYTES = 500
const VERSION_BYTES = 200
const SUBJECT_BYTES = 400

/** Ids are of a context. */
interface Context {
  readonly byId: Map<number, SchemaEntry>
  /** The first with that content; by type and guid. */
  readonly byContent: Map<string, SchemaEntry>
  /** The highest id there ever was. */
  lastId: number
}

/** Subjects, versions and schemas: what was registered, by every name that clients have for it. Only `apply` changes it. */
export class Registry {
  readonly settings = new SubjectSettings()
  /** Bytes of memory, near enough. */
  bytes = 0
  private readonly contexts = new Map<string, Context>()
  private readonly byName = new Map<string, Subject>()
  /** Entries that refer to a version, by the subject's name and its number. */
  private readonly referring = new Map<string, Set<SchemaEntry>>()

  /** Applying twice is applying once. */
  apply(fact: SubjectFact): void {
    if (fact.kind === 'version') this.addVersion(fact)
    else if (fact.kind === 'deleted') this.softDelete(fact.subject, fact.versions)
    else if (fact.kind === 'gone') this.remove(fact.subject, fact.versions)
    else if (fact.kind === 'last-id') raise(this.context(fact.context), fact.id)
    else if (fact.kind === 'subject-config') this.settings.setConfig(fact.subject, fact.config)
    else this.settings.setMode(fact.subject, fact.mode)
  }

  /** The highest id of a context that was ever given out. */
  lastId(context: string): number {
    return this.contexts.get(context)?.lastId ?? 0
  }

  byId(context: string, id: number): SchemaEntry | undefined {
    return this.contexts.get(context)?.byId.get(id)
  }

  /** Every entry with that guid, of whatever context. */
  byGuid(guid: string): SchemaEntry[] {
    const found: SchemaEntry[] = []
    for (const { byContent } of this.contexts.values()) {
      for (const type of ['AVRO', 'JSON']) {
        const entry = byContent.get(type + guid)
        if (entry !== undefined) found.push(entry)
      }
    }
    return found
  }

  byContent(context: string, guid: string, content: SchemaContent): SchemaEntry | undefined {
    const entry = this.contexts.get(context)?.byContent.get(content.type + guid)
    return entry !== undefined && isSameContent(entry.content, content) ? entry : undefined
  }

  subject(name: SubjectName): Subject | undefined {
    return this.byName.get(name.qualified)
  }

  /** In the order in which they came to be. */
  subjects(): IterableIterator<Subject> {
    return this.byName.values()
  }

  get subjectCount(): number {
    return this.byName.size
  }

  contextNames(): IterableIterator<string> {
    return this.contexts.keys()
  }

  /** Versions whose schemas refer to this one. */
  referrers({ subject, version }: SchemaVersion): SchemaVersion[] {
    const entries = this.referring.get(`${version} ${subject.qualified}`) ?? []
    return [...entries].flatMap(({ places }) => places)
  }

  /** All of it as facts. If it changes while they are taken, the facts about that put it right. */
  *facts(): Generator<SubjectFact> {
    for (const [context, { lastId }] of this.contexts) yield { kind: 'last-id', context, id: lastId }
    for (const [subject, config] of this.settings.allConfigs()) yield { kind: 'subject-config', subject, config }
    for (const [subject, mode] of this.settings.allModes()) yield { kind: 'subject-mode', subject, mode }
    for (const subject of this.byName.values()) {
      for (const version of subject.all()) yield versionFact(version)
    }
  }

  invariants(): void {
    let [places, versions] = [0, 0]
    for (const [name, { byId, byContent, lastId }] of this.contexts) {
      for (const [id, entry] of byId) {
        assert(id === entry.id && id <= lastId && entry.context === name, 'an entry has its id in its context')
        assert(entry.places.length > 0, 'a schema that nobody registered is gone')
        places += entry.places.length
      }
      for (const entry of byContent.values()) assert(byId.get(entry.id) === entry, 'what is known by content has an id')
    }
    for (const subject of this.byName.values()) {
      assert(subject.size > 0, 'a subject without versions is gone')
      subject.invariants()
      versions += subject.size
    }
    assert(versions === places, 'every place is a version')
  }

  private addVersion(fact: VersionFact): void {
    const name = readName(fact.subject)
    const entry = this.entryOf(name.context, fact)
    let subject = this.byName.get(fact.subject)
    const known = subject?.get(fact.version)
    if (subject !== undefined && known?.entry === entry) {
      subject.setDeleted(known, fact.deleted)
      return
    }
    if (known !== undefined) this.drop(subject!, known)
    if (subject === undefined) {
      subject = new Subject(name)
      this.byName.set(fact.subject, subject)
      this.bytes += SUBJECT_BYTES
    }
    const { version, time, deleted } = fact
    const added: SchemaVersion = { subject: subject.name, version, entry, time, deleted }
    entry.places.push(added)
    subject.add(added)
    this.bytes += VERSION_BYTES
  }

  /** The entry of an id, with what is said of it last. */
  private entryOf(name: string, { id, guid, content }: VersionFact): SchemaEntry {
    const context = this.context(name)
    raise(context, id)
    let entry = context.byId.get(id)
    if (entry === undefined) {
      entry = { id, guid, context: name, content, places: [] }
      context.byId.set(id, entry)
      this.bytes += ENTRY_BYTES
    } else if (entry.guid === guid && entry.content.type === content.type) return entry
    else this.forgetContent(context, entry)
    entry.guid = guid
    entry.content = content
    this.bytes += content.schema.length
    if (!context.byContent.has(content.type + guid)) context.byContent.set(content.type + guid, entry)
    for (const key of referredBy(entry)) {
      const referring = this.referring.get(key)
      if (referring === undefined) this.referring.set(key, new Set([entry]))
      else referring.add(entry)
    }
    return entry
  }

  private forgetContent({ byContent }: Context, entry: SchemaEntry): void {
    const key = entry.content.type + entry.guid
    if (byContent.get(key) === entry) byContent.delete(key)
    for (const key of referredBy(entry)) {
      const referring = this.referring.get(key)
      referring?.delete(entry)
      if (referring?.size === 0) this.referring.delete(key)
    }
    this.bytes -= entry.content.schema.length
  }

  private softDelete(qualified: string, versions: readonly number[]): void {
    const subject = this.byName.get(qualified)
    for (const number of versions) {
      const version = subject?.get(number)
      if (version !== undefined) subject!.setDeleted(version, true)
    }
  }

  private remove(qualified: string, versions: readonly number[]): void {
    const subject = this.byName.get(qualified)
    if (subject === undefined) return
    for (const number of versions) {
      const version = subject.get(number)
      if (version !== undefined) this.drop(subject, version)
    }
    if (subject.size > 0) return
    this.byName.delete(qualified)
    this.bytes -= SUBJECT_BYTES
  }

  private drop(subject: Subject, version: SchemaVersion): void {
    subject.remove(version)
    this.bytes -= VERSION_BYTES
    const { entry } = version
    entry.places.splice(entry.places.indexOf(version), 1)
    if (entry.places.length > 0) return
    const context = this.context(entry.context)
    this.forgetContent(context, entry)
    context.byId.delete(entry.id)
    this.bytes -= ENTRY_BYTES
  }

  private context(name: string): Context {
    let context = this.contexts.get(name)
    if (context === undefined) {
      context = { byId: new Map(), byContent: new Map(), lastId: 0 }
      this.contexts.set(name, context)
    }
    return context
  }
}

function referredBy({ content, context }: SchemaEntry): string[] {
  return content.references.map(({ subject, version }) => `${version} ${readNameFrom(context, subject).qualified}`)
}

function raise(context: Context, id: number): void {
  if (id > context.lastId) context.lastId = id
}

/** What says that a version is as it is. */
export function versionFact({ subject, version, entry, time, deleted }: SchemaVersion): VersionFact {
  const { id, guid, content } = entry
  return { kind: 'version', subject: subject.qualified, version, id, guid, time, deleted, content }
}

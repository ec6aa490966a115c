import { assert } from '../../std/assert.ts'
import type { SchemaContent } from './content.ts'
import type { SubjectName } from './name.ts'

/** A schema with its id. Content and guid are of that id for as long as it has a place. */
export interface SchemaEntry {
  readonly id: number
  guid: string
  readonly context: string
  content: SchemaContent
  /** Where it is registered, soft-deleted versions included. */
  readonly places: SchemaVersion[]
}

/** A schema under a subject. */
export interface SchemaVersion {
  readonly subject: SubjectName
  readonly version: number
  readonly entry: SchemaEntry
  readonly time: number
  /** Still there for who has its id. */
  deleted: boolean
}

/** Versions of schemas under one name, in order. */
export class Subject {
  readonly name: SubjectName
  private versions = new Map<number, SchemaVersion>()
  /** The highest version, soft-deleted or not; 0 if there is none. */
  highest = 0
  /** Those that are not soft-deleted. */
  liveCount = 0

  constructor(name: SubjectName) {
    this.name = name
  }

  get size(): number {
    return this.versions.size
  }

  get(version: number): SchemaVersion | undefined {
    return this.versions.get(version)
  }

  /** Soft-deleted ones included. */
  all(): IterableIterator<SchemaVersion> {
    return this.versions.values()
  }

  live(): SchemaVersion[] {
    return [...this.versions.values()].filter(({ deleted }) => !deleted)
  }

  /** The newest that is not soft-deleted. */
  latest(): SchemaVersion | undefined {
    if (this.liveCount === 0) return undefined
    for (let number = this.highest; number > 0; number--) {
      const version = this.versions.get(number)
      if (version?.deleted === false) return version
    }
    return undefined
  }

  add(version: SchemaVersion): void {
    const number = version.version
    assert(!this.versions.has(number), 'a version is added once')
    this.versions.set(number, version)
    if (!version.deleted) this.liveCount++
    if (number > this.highest) this.highest = number
    // Imported versions may come in any order: a map keeps that in which it was filled.
    else this.versions = new Map([...this.versions].sort(([a], [b]) => a - b))
  }

  setDeleted(version: SchemaVersion, deleted: boolean): void {
    if (version.deleted === deleted) return
    version.deleted = deleted
    this.liveCount += deleted ? -1 : 1
  }

  remove(version: SchemaVersion): void {
    this.versions.delete(version.version)
    if (!version.deleted) this.liveCount--
    if (version.version !== this.highest) return
    this.highest = 0
    for (const number of this.versions.keys()) this.highest = number
  }

  invariants(): void {
    let [before, live] = [0, 0]
    for (const [number, version] of this.versions) {
      assert(number > before && version.version === number, 'versions are in order')
      assert(version.subject.qualified === this.name.qualified, 'a version is of its subject')
      assert(version.entry.places.includes(version), 'a version has its place')
      if (!version.deleted) live++
      before = number
    }
    assert(before === this.highest && live === this.liveCount, 'a subject knows its highest version and counts')
  }
}

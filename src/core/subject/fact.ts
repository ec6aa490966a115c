import type { SchemaContent } from './content.ts'
import type { Mode, SubjectConfig } from './settings.ts'

/** A version is as said here: it was registered, or is a soft-deleted one. Names are qualified. */
export interface VersionFact {
  readonly kind: 'version'
  readonly subject: string
  readonly version: number
  readonly id: number
  readonly guid: string
  /** When it was registered, in milliseconds of the wall clock. */
  readonly time: number
  readonly deleted: boolean
  readonly content: SchemaContent
}

/** What can happen to subjects. Each says all of what it is about, so that the last one holds. */
export type SubjectFact =
  | VersionFact
  /** Versions are only there any more for who has their schemas' ids. */
  | { readonly kind: 'deleted'; readonly subject: string; readonly versions: readonly number[] }
  /** Versions are gone. */
  | { readonly kind: 'gone'; readonly subject: string; readonly versions: readonly number[] }
  /** Ids of a context were given out up to here. */
  | { readonly kind: 'last-id'; readonly context: string; readonly id: number }
  /** The subject, context or everything has these settings of its own; null: none. */
  | { readonly kind: 'subject-config'; readonly subject: string; readonly config: SubjectConfig | null }
  | { readonly kind: 'subject-mode'; readonly subject: string; readonly mode: Mode | null }

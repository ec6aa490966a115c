import { isObject, type Json } from '../json-text.ts'

/** The drafts in their order. */
export const DRAFTS = ['draft-04', 'draft-06', 'draft-07', '2019-09', '2020-12'] as const
export type Draft = (typeof DRAFTS)[number]

/** What a schema without `$schema` is taken for, as in Confluent's registry. */
const DEFAULT_DRAFT: Draft = 'draft-07'

/** The draft that a schema says it is written in. One that nobody knows is read as the default. */
export function draftOf(schema: Json): Draft {
  if (!isObject(schema) || typeof schema.$schema !== 'string') return DEFAULT_DRAFT
  const named = schema.$schema
  return DRAFTS.find((draft) => named.includes(`/${draft}/schema`)) ?? DEFAULT_DRAFT
}

export function isSince(draft: Draft, first: Draft): boolean {
  return DRAFTS.indexOf(draft) >= DRAFTS.indexOf(first)
}

/** Whether a URI is that of a meta-schema: it is known without looking, and is never fetched. */
export function isMetaSchema(uri: string): boolean {
  return /^https?:\/\/json-schema\.org\/(draft-0[467]\/schema|draft\/20(19-09|20-12)\/(schema|meta\/[a-z-]+))#?$/.test(
    uri,
  )
}

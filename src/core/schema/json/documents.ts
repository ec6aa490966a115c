import { isList, isObject, type Json, type JsonObject, step, Unfit } from '../json-text.ts'
import { type Draft, isSince } from './draft.ts'

/** Where schemas without `$id` live: nothing is ever fetched. */
const NOWHERE = 'schema:///'

/** A place in a document: what stands there, and what URIs in it are relative to. */
export interface Place {
  readonly value: Json
  readonly base: string
  readonly path: string
  readonly draft: Draft
}

/** Keywords whose value is no schema, whatever it looks like. */
const DATA = ['enum', 'const', 'default', 'examples', 'example']

/** The schema and its references by their URIs and anchors. */
export class Documents {
  private readonly places = new Map<string, Place>()

  /** Adds a document under the names by which others may call it. */
  add(value: Json, names: readonly string[], draft: Draft): Place {
    // One without an id of its own lives where its name says, beside the main one and not in its place.
    const home = (names[0] === undefined ? null : resolve(names[0], NOWHERE)) ?? NOWHERE
    const base = isObject(value) ? idOf(value, home, draft) : home
    const place = { value, base, path: '#', draft }
    for (const name of names) this.places.set(withoutFragment(name), place)
    this.index(place)
    return place
  }

  /** Registers a document under the name that a reference has, as others would resolve it. */
  alias(name: string, base: string, place: Place): void {
    this.places.set(withoutFragment(resolve(name, base) ?? name), place)
  }

  /** What a `$ref` leads to. */
  find(ref: string, from: Place): Place {
    const whole = this.places.get(withoutFragment(ref))
    const hash = ref.indexOf('#')
    const fragment = hash < 0 ? '' : ref.slice(hash + 1)
    const uri = resolve(ref, from.base)
    const place = whole !== undefined && hash !== 0 ? whole : this.places.get(withoutFragment(uri ?? ref))
    if (place === undefined)
      throw new Unfit(`${JSON.stringify(ref)} leads to no schema here, nor to a reference`, `${from.path}/$ref`)
    if (fragment === '') return place
    if (!fragment.startsWith('/')) return this.anchored(place.base, fragment, ref, from)
    return this.walk(place, fragment, ref, from)
  }

  private anchored(base: string, anchor: string, ref: string, from: Place): Place {
    const found = this.places.get(`${withoutFragment(base)}#${anchor}`)
    if (found === undefined) throw new Unfit(`There is no anchor for ${JSON.stringify(ref)}`, `${from.path}/$ref`)
    return found
  }

  private walk(start: Place, pointer: string, ref: string, from: Place): Place {
    let { value, base, path } = start
    for (const token of pointer.slice(1).split('/')) {
      const key = decode(token).replaceAll('~1', '/').replaceAll('~0', '~')
      const next = isList(value)
        ? value[Number(key)]
        : isObject(value) && Object.hasOwn(value, key)
          ? value[key]
          : undefined
      if (next === undefined) throw new Unfit(`${JSON.stringify(ref)} leads to nothing`, `${from.path}/$ref`)
      value = next
      path += step(key)
      if (isObject(value)) base = idOf(value, base, start.draft)
    }
    return { value, base, path, draft: start.draft }
  }

  private index(place: Place): void {
    const { value, base, draft } = place
    if (isList(value)) {
      for (const [key, item] of value.entries()) this.index({ ...place, value: item, path: place.path + step(key) })
      return
    }
    if (!isObject(value)) return
    const own = idOf(value, base, draft)
    const here = { ...place, base: own }
    if (own !== base || place.path === '#') this.places.set(withoutFragment(own), here)
    for (const anchor of anchorsOf(value, draft)) this.places.set(`${withoutFragment(own)}#${anchor}`, here)
    for (const [key, part] of Object.entries(value)) {
      if (!DATA.includes(key)) this.index({ value: part, base: own, path: here.path + step(key), draft })
    }
  }
}

function idOf(schema: JsonObject, base: string, draft: Draft): string {
  const id = draft === 'draft-04' ? schema.id : schema.$id
  // Up to draft 7 an id that is a fragment alone is an anchor.
  if (typeof id !== 'string' || id.startsWith('#')) return base
  // Up to draft 7 nothing counts beside $ref.
  if (!isSince(draft, '2019-09') && typeof schema.$ref === 'string') return base
  return resolve(id, base) ?? base
}

function anchorsOf(schema: JsonObject, draft: Draft): string[] {
  if (isSince(draft, '2019-09'))
    return [schema.$anchor, schema.$dynamicAnchor].filter((anchor) => typeof anchor === 'string')
  const id = draft === 'draft-04' ? schema.id : schema.$id
  return typeof id === 'string' && id.startsWith('#') && id.length > 1 ? [id.slice(1)] : []
}

function withoutFragment(uri: string): string {
  const hash = uri.indexOf('#')
  return hash < 0 ? uri : uri.slice(0, hash)
}

function resolve(uri: string, base: string): string | null {
  return URL.canParse(uri, base) ? new URL(uri, base).href : null
}

function decode(token: string): string {
  try {
    return decodeURIComponent(token)
  } catch {
    return token
  }
}

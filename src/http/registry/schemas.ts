import type { Broker } from '../../broker/broker.ts'
import { SCHEMA_TYPES } from '../../core/subject/content.ts'
import { DEFAULT_CONTEXT, readName, readNameFrom } from '../../core/subject/name.ts'
import { REFUSALS } from '../../core/subject/refusals.ts'
import type { SchemaEntry, SchemaVersion } from '../../core/subject/subject.ts'
import { type Call, Refused, type Route } from '../call.ts'
import { notFound } from '../not-found.ts'
import { flag, forbidden, page } from './names.ts'
import { shownSchema, shownVersion } from './shown.ts'
import { startsWith } from './subjects.ts'

/** Schemas in one answer, and names. */
const MOST_SCHEMAS = 1000
const MOST_NAMES = 20_000

/** `/schemas`: schemas whatever subject they are under. */
export function schemaRoutes(broker: Broker): Route[] {
  const { registry } = broker.subjects
  return [
    { method: 'GET', path: '/schemas/types', run: ({ answer }) => answer(SCHEMA_TYPES) },
    { method: 'GET', path: '/schemas', run: (call) => call.answer(listSchemas(broker, call)) },
    {
      method: 'GET',
      path: '/schemas/ids/:id',
      run: (call) => {
        const entry = entryOf(broker, call)
        const most = flag(call, 'fetchMaxId') ? { maxId: registry.lastId(entry.context) } : {}
        call.answer({ ...shownSchema(entry), ...most })
      },
    },
    {
      method: 'GET',
      path: '/schemas/ids/:id/schema',
      run: (call) => call.answer(JSON.parse(entryOf(broker, call).content.schema)),
    },
    {
      method: 'GET',
      path: '/schemas/ids/:id/subjects',
      run: (call) => {
        const subjects = new Set(placesOf(broker, call).map(({ subject }) => subject.qualified))
        call.answer(page(call, [...subjects], MOST_NAMES))
      },
    },
    {
      method: 'GET',
      path: '/schemas/ids/:id/versions',
      run: (call) => {
        const places = placesOf(broker, call).map(({ subject, version }) => ({ subject: subject.qualified, version }))
        call.answer(page(call, places, MOST_NAMES))
      },
    },
    {
      method: 'GET',
      path: '/schemas/guids/:guid',
      run: (call) => call.answer(shownSchema(byGuid(broker, call)[0]!)),
    },
    {
      method: 'GET',
      path: '/schemas/guids/:guid/ids',
      run: (call) => call.answer(byGuid(broker, call).map(({ context, id }) => ({ context, id }))),
    },
  ]
}

/** The schema with that id, in the context of the subject that is named, or the default one. @throws Refused */
function entryOf(broker: Broker, call: Call): SchemaEntry {
  const { id } = call.params
  if (!/^\d{1,10}$/.test(id ?? '')) throw new Refused(notFound())
  const named = call.query.get('subject')
  const context = named === null || named === '' ? call.context : readNameFrom(call.context, named).context
  const entry = broker.subjects.registry.byId(context, Number(id))
  if (entry === undefined) throw new Refused(REFUSALS.idNotFound(id!))
  return readable(call, entry)
}

function byGuid(broker: Broker, call: Call): SchemaEntry[] {
  const entries = broker.subjects.registry.byGuid((call.params.guid ?? '').toLowerCase())
  if (entries.length === 0) throw new Refused(REFUSALS.schemaNotFound())
  return entries.map((entry) => readable(call, entry))
}

/** Who may read a subject may read its schemas. */
function readable(call: Call, entry: SchemaEntry): SchemaEntry {
  if (entry.places.some(({ subject }) => call.rights.mayRead(subject.qualified))) return entry
  throw forbidden('read', `schema ${entry.id}`)
}

function placesOf(broker: Broker, call: Call): SchemaVersion[] {
  const deleted = flag(call, 'deleted')
  return entryOf(broker, call).places.filter(
    (place) => (deleted || !place.deleted) && call.rights.mayRead(place.subject.qualified),
  )
}

function listSchemas(broker: Broker, call: Call): object[] {
  const prefix = call.query.get('subjectPrefix') ?? ':*:'
  const [deleted, latestOnly] = [flag(call, 'deleted'), flag(call, 'latestOnly')]
  const found: SchemaVersion[] = []
  const subjects = [...broker.subjects.registry.subjects()]
    .filter(({ name }) => startsWith(call, name.qualified, prefix) && call.rights.mayRead(name.qualified))
    .sort((a, b) => (a.name.qualified < b.name.qualified ? -1 : 1))
  for (const subject of subjects) {
    const versions = deleted ? [...subject.all()] : subject.live()
    found.push(...(latestOnly ? versions.slice(-1) : versions))
  }
  return page(call, found, MOST_SCHEMAS).map((version) => shownVersion(version, call.takesUnknown))
}

/** `/contexts`: the default one is always there. */
export function contextRoutes(broker: Broker): Route[] {
  return [
    {
      method: 'GET',
      path: '/contexts',
      run: (call) => {
        const prefix = call.query.get('contextPrefix') ?? ''
        const names = new Set([DEFAULT_CONTEXT])
        for (const { name } of broker.subjects.registry.subjects()) names.add(readName(name.qualified).context)
        call.answer(page(call, [...names].filter((name) => name.startsWith(prefix)).sort(), MOST_NAMES))
      },
    },
  ]
}

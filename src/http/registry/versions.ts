import type { Broker } from '../../broker/broker.ts'
import { aliased, findSubject, findVersionOf } from '../../broker/subject/find.ts'
import { withMetadata } from '../../broker/subject/look-up.ts'
import { register } from '../../broker/subject/register.ts'
import { removeVersion } from '../../broker/subject/remove.ts'
import { isRefused } from '../../core/subject/refusals.ts'
import type { SchemaVersion } from '../../core/subject/subject.ts'
import { type Call, Refused, type Route } from '../call.ts'
import { schemaGiven } from './given.ts'
import { flag, page, subjectOf, versionOf } from './names.ts'
import { shownVersion } from './shown.ts'

const MOST_VERSIONS = 20_000

/** `/subjects/…/versions`: registering, finding and deleting what is under a subject. */
export function versionRoutes(broker: Broker): Route[] {
  return [
    { method: 'GET', path: '/subjects/:subject/versions', run: (call) => call.answer(listVersions(broker, call)) },
    { method: 'POST', path: '/subjects/:subject/versions', run: (call) => registerSchema(broker, call) },
    {
      method: 'GET',
      path: '/subjects/:subject/versions/:version',
      run: (call) => call.answer(shownVersion(versionIn(broker, call), call.takesUnknown)),
    },
    {
      method: 'GET',
      path: '/subjects/:subject/versions/:version/schema',
      run: (call) => call.answer(JSON.parse(versionIn(broker, call).entry.content.schema)),
    },
    {
      method: 'GET',
      path: '/subjects/:subject/versions/:version/referencedby',
      run: (call) => {
        const deleted = flag(call, 'deleted')
        const referrers = broker.subjects.registry.referrers(versionIn(broker, call))
        const ids = new Set(referrers.filter((one) => deleted || !one.deleted).map(({ entry }) => entry.id))
        call.answer(
          page(
            call,
            [...ids].sort((a, b) => a - b),
            MOST_VERSIONS,
          ),
        )
      },
    },
    {
      method: 'DELETE',
      path: '/subjects/:subject/versions/:version',
      run: (call) =>
        removeVersion(broker, subjectOf(call, 'configure'), versionOf(call), flag(call, 'permanent'), (outcome) =>
          call.answer(isRefused(outcome) ? outcome : outcome[0]),
        ),
    },
    {
      method: 'GET',
      path: '/subjects/:subject/metadata',
      run: (call) => {
        const name = aliased(broker.subjects.registry, subjectOf(call, 'read'))
        const [keys, values] = [call.query.getAll('key'), call.query.getAll('value')]
        const wanted = keys.map((key, i) => [key, values[i] ?? ''] as const)
        const found = withMetadata(broker, name, wanted, flag(call, 'deleted'))
        call.answer(isRefused(found) ? found : shownVersion(found, call.takesUnknown))
      },
    },
  ]
}

function listVersions(broker: Broker, call: Call): readonly number[] {
  const { registry } = broker.subjects
  const [deleted, deletedOnly] = [flag(call, 'deleted'), flag(call, 'deletedOnly')]
  const subject = findSubject(registry, aliased(registry, subjectOf(call, 'read')), deleted || deletedOnly)
  if (isRefused(subject)) throw new Refused(subject)
  const versions = [...subject.all()].filter((one) => (deletedOnly ? one.deleted : deleted || !one.deleted))
  return page(
    call,
    versions.map(({ version }) => version),
    MOST_VERSIONS,
  )
}

function versionIn(broker: Broker, call: Call): SchemaVersion {
  const { registry } = broker.subjects
  const name = aliased(registry, subjectOf(call, 'read'))
  const found = findVersionOf(registry, name, versionOf(call), flag(call, 'deleted'))
  if (isRefused(found)) throw new Refused(found)
  return found
}

function registerSchema(broker: Broker, call: Call): void {
  const name = aliased(broker.subjects.registry, subjectOf(call, 'write'))
  const { id, version, ...given } = schemaGiven(call.body)
  const normalize = call.query.has('normalize') ? flag(call, 'normalize') : null
  register(broker, { name, id, version }, given, normalize, (outcome) => {
    if (isRefused(outcome)) call.answer(outcome)
    // Who knows what it registered is told its id alone.
    else call.answer(call.takesUnknown ? shownVersion(outcome, true) : { id: outcome.entry.id })
  })
}

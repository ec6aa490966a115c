import type { Broker } from '../../broker/broker.ts'
import { checkAll, checkVersion } from '../../broker/subject/check.ts'
import { aliased } from '../../broker/subject/find.ts'
import { isRefused, type RegistryRefusal } from '../../core/subject/refusals.ts'
import type { Call, Route } from '../call.ts'
import { schemaGiven } from './given.ts'
import { flag, subjectOf, versionOf } from './names.ts'

/** `/compatibility`: whether a schema might be registered. */
export function compatibilityRoutes(broker: Broker): Route[] {
  const { registry } = broker.subjects
  return [
    {
      method: 'POST',
      path: '/compatibility/subjects/:subject/versions',
      run: (call) => {
        const name = aliased(registry, subjectOf(call, 'read'))
        checkAll(broker, name, schemaGiven(call.body), normalizeOf(call), tell(call))
      },
    },
    {
      method: 'POST',
      path: '/compatibility/subjects/:subject/versions/:version',
      run: (call) => {
        const name = aliased(registry, subjectOf(call, 'read'))
        checkVersion(broker, name, versionOf(call), schemaGiven(call.body), normalizeOf(call), tell(call))
      },
    },
  ]
}

function normalizeOf(call: Call): boolean | null {
  return call.query.has('normalize') ? flag(call, 'normalize') : null
}

function tell(call: Call): (messages: readonly string[] | RegistryRefusal) => void {
  const verbose = flag(call, 'verbose')
  return (messages) => {
    if (isRefused(messages)) call.answer(messages)
    else call.answer({ is_compatible: messages.length === 0, ...(verbose ? { messages } : {}) })
  }
}

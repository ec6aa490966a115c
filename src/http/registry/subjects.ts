import type { Broker } from '../../broker/broker.ts'
import { aliased } from '../../broker/subject/find.ts'
import { lookUp } from '../../broker/subject/look-up.ts'
import { removeSubject } from '../../broker/subject/remove.ts'
import { isRefused } from '../../core/subject/refusals.ts'
import type { Call, Route } from '../call.ts'
import { schemaGiven } from './given.ts'
import { flag, page, subjectOf } from './names.ts'
import { shownVersion } from './shown.ts'

const MOST_SUBJECTS = 20_000
/** All contexts, as a prefix. */
const ALL_CONTEXTS = ':*:'

/** `/subjects`: what there is, whether a schema is there, and a subject's end. */
export function subjectRoutes(broker: Broker): Route[] {
  const { registry } = broker.subjects
  return [
    { method: 'GET', path: '/subjects', run: (call) => call.answer(listSubjects(broker, call)) },
    {
      method: 'POST',
      path: '/subjects/:subject',
      run: (call) => {
        const name = aliased(registry, subjectOf(call, 'read'))
        const normalize = call.query.has('normalize') ? flag(call, 'normalize') : null
        const found = lookUp(broker, name, schemaGiven(call.body), normalize, flag(call, 'deleted'))
        call.answer(isRefused(found) ? found : shownVersion(found, call.takesUnknown))
      },
    },
    {
      method: 'DELETE',
      path: '/subjects/:subject',
      run: (call) => removeSubject(broker, subjectOf(call, 'configure'), flag(call, 'permanent'), call.answer),
    },
  ]
}

/** Names with that beginning, those of all contexts unless it names one; without versions only for who asks for deleted ones. */
function listSubjects(broker: Broker, call: Call): readonly string[] {
  const prefix = call.query.get('subjectPrefix') ?? ALL_CONTEXTS
  const [deleted, deletedOnly] = [flag(call, 'deleted'), flag(call, 'deletedOnly')]
  const names: string[] = []
  for (const subject of broker.subjects.registry.subjects()) {
    const { qualified } = subject.name
    const wanted = deletedOnly ? subject.liveCount < subject.size : deleted || subject.liveCount > 0
    if (wanted && startsWith(call, qualified, prefix) && call.rights.mayRead(qualified)) names.push(qualified)
  }
  return page(call, names.sort(), MOST_SUBJECTS)
}

export function startsWith(call: Call, qualified: string, prefix: string): boolean {
  const within = call.context === '.' ? '' : `:${call.context}:`
  if (prefix.startsWith(ALL_CONTEXTS)) {
    const rest = prefix.slice(ALL_CONTEXTS.length)
    const bare = qualified.replace(/^:[^:]*:/, '')
    return bare.startsWith(rest) && qualified.startsWith(within)
  }
  return qualified.startsWith(prefix.startsWith(':.') ? prefix : within + prefix)
}

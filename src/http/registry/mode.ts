import type { Broker } from '../../broker/broker.ts'
import { setMode, unsetMode } from '../../broker/subject/configure.ts'
import { isRefused, REFUSALS } from '../../core/subject/refusals.ts'
import { MODES } from '../../core/subject/settings.ts'
import { type Call, Refused, type Route } from '../call.ts'
import { fieldsOf, text } from './given.ts'
import { flag, settingsScope } from './names.ts'

/** `/mode`: who may write: everybody, nobody, or who brings ids along. */
export function modeRoutes(broker: Broker): Route[] {
  const { settings } = broker.subjects.registry
  const get = (call: Call) => {
    const scope = settingsScope(call, 'read')
    const own = settings.mode(scope)
    const wide = call.params.subject === undefined || flag(call, 'defaultToGlobal')
    if (own === undefined && !wide) throw new Refused(REFUSALS.noOwnMode(scope.qualified))
    call.answer({ mode: wide ? settings.effectiveMode(scope) : own })
  }
  const put = (call: Call) => {
    const wanted = text(fieldsOf(call.body), 'mode')?.toUpperCase()
    const mode = MODES.find((one) => one === wanted)
    if (mode === undefined) throw new Refused(REFUSALS.invalidMode())
    setMode(broker, settingsScope(call, 'configure'), mode, flag(call, 'force'), (outcome) =>
      call.answer(isRefused(outcome) ? outcome : { mode }),
    )
  }
  const remove = (call: Call) =>
    unsetMode(broker, settingsScope(call, 'configure'), (outcome) =>
      call.answer(isRefused(outcome) ? outcome : { mode: outcome }),
    )
  return ['/mode', '/mode/:subject'].flatMap((path) => [
    { method: 'GET' as const, path, run: get },
    { method: 'PUT' as const, path, run: put },
    { method: 'DELETE' as const, path, run: remove },
  ])
}

import type { Broker } from '../../broker/broker.ts'
import { configure, unconfigure } from '../../broker/subject/configure.ts'
import { isRefused, REFUSALS, registryRefusal } from '../../core/subject/refusals.ts'
import { LEVELS, POLICIES, type SubjectConfig } from '../../core/subject/settings.ts'
import { type Call, Refused, type Route } from '../call.ts'
import { boolean, fieldsOf, metadataGiven, ruleSetGiven, text } from './given.ts'
import { flag, settingsScope } from './names.ts'

/** `/config`: what holds for a subject, a context, or everything. */
export function configRoutes(broker: Broker): Route[] {
  const { settings } = broker.subjects.registry
  const get = (call: Call) => {
    const scope = settingsScope(call, 'read')
    const own = settings.config(scope)
    const wide = call.params.subject === undefined || flag(call, 'defaultToGlobal')
    if (own === undefined && !wide) throw new Refused(REFUSALS.noOwnLevel(scope.qualified))
    call.answer(wide ? settings.effectiveConfig(scope) : own)
  }
  const put = (call: Call) => {
    const change = changeGiven(call.body)
    configure(broker, settingsScope(call, 'configure'), change, (outcome) =>
      call.answer(isRefused(outcome) ? outcome : shownChange(change)),
    )
  }
  const remove = (call: Call) => unconfigure(broker, settingsScope(call, 'configure'), call.answer)
  return ['/config', '/config/:subject'].flatMap((path) => [
    { method: 'GET' as const, path, run: get },
    { method: 'PUT' as const, path, run: put },
    { method: 'DELETE' as const, path, run: remove },
  ])
}

type Change = { -readonly [key in keyof SubjectConfig]: SubjectConfig[key] | null }

/** What is named is changed, null taking it away. Who asks says `compatibility`, who is told reads `compatibilityLevel`. @throws Refused */
function changeGiven(body: unknown): Change {
  const fields = fieldsOf(body)
  const change: Change = {}
  const has = (name: string) => Object.hasOwn(fields, name)
  if (has('compatibility')) {
    const wanted = text(fields, 'compatibility')?.toUpperCase() ?? null
    const level = wanted === null ? null : LEVELS.find((one) => one === wanted)
    if (level === undefined) throw new Refused(REFUSALS.invalidLevel())
    change.compatibilityLevel = level
  }
  if (has('compatibilityPolicy')) {
    const wanted = text(fields, 'compatibilityPolicy')?.toUpperCase() ?? null
    const policy = wanted === null ? null : POLICIES.find((one) => one === wanted)
    if (policy === undefined)
      throw new Refused(
        registryRefusal(42203, `Invalid compatibility policy. Valid values are ${POLICIES.join(' and ')}`),
      )
    change.compatibilityPolicy = policy
  }
  for (const name of ['alias', 'compatibilityGroup'] as const) if (has(name)) change[name] = text(fields, name)
  for (const name of ['normalize', 'validateFields', 'validateRules'] as const)
    if (has(name)) change[name] = boolean(fields, name)
  for (const name of ['defaultMetadata', 'overrideMetadata'] as const)
    if (has(name)) change[name] = fields[name] === null ? null : metadataGiven(fields[name])
  for (const name of ['defaultRuleSet', 'overrideRuleSet'] as const)
    if (has(name)) change[name] = fields[name] === null ? null : ruleSetGiven(fields[name])
  if (Object.keys(change).length === 0) throw new Refused(REFUSALS.invalidLevel())
  return change
}

/** A change is told in the words it came in. */
function shownChange({ compatibilityLevel, ...others }: Change): object {
  return { ...others, ...(compatibilityLevel === undefined ? {} : { compatibility: compatibilityLevel }) }
}

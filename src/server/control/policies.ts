import { refused } from '../../broker/done.ts'
import {
  clearGlobalParameter,
  clearParameter,
  clearPolicy,
  setGlobalParameter,
  setParameter,
  setPolicy,
} from '../../broker/policy/parameter.ts'
import { type Json, OPERATOR_POLICY, POLICY } from '../../core/policy/parameters.ts'
import { ArgumentError, type Arguments, type Command, change, changeInSteps, look, need, vhostOf } from './command.ts'

export const POLICIES: Readonly<Record<string, Command>> = {
  'policies list': look('policies', ['operator?'], (broker, args) =>
    [...broker.vhosts.keys()].flatMap((vhost) =>
      broker.parameters
        .of(vhost, componentOf(args))
        .map(({ name, value }) => ({ vhost, name, ...(value as Record<string, Json>) })),
    ),
  ),
  'policies set': changeInSteps(
    'set a policy',
    ['name', 'vhost', 'pattern', 'definition', 'priority', 'apply-to', 'operator?'],
    (broker, args, done) => {
      const given = {
        pattern: need(args, 'pattern'),
        definition: jsonOf(args, 'definition'),
        ...(args.priority === undefined ? {} : { priority: Number(args.priority) }),
        ...(args['apply-to'] === undefined ? {} : { 'apply-to': args['apply-to'] }),
      }
      return setPolicy(broker, vhostOf(args), componentOf(args), need(args, 'name'), given, () => done(null))
    },
  ),
  'policies delete': changeInSteps('delete a policy', ['name', 'vhost', 'operator?'], (broker, args, done) =>
    clearPolicy(broker, vhostOf(args), componentOf(args), need(args, 'name'), () => done(null)),
  ),
  'parameters list': look('runtime parameters', ['global?'], (broker, args) =>
    args.global === true
      ? [...broker.parameters.allGlobals()].map(({ name, value }) => ({ name, value }))
      : [...broker.parameters.all()]
          .filter(({ component }) => component !== POLICY)
          .map(({ vhost, component, name, value }) => ({ vhost, component, name, value })),
  ),
  'parameters set': change('set a parameter', ['component', 'name', 'vhost', 'value', 'global?'], (broker, args) =>
    args.global === true
      ? setGlobalParameter(broker, need(args, 'name'), jsonOf(args, 'value'))
      : setParameter(broker, vhostOf(args), need(args, 'component'), need(args, 'name'), jsonOf(args, 'value')),
  ),
  'parameters delete': change('delete a parameter', ['component', 'name', 'vhost', 'global?'], (broker, args) =>
    args.global === true
      ? clearGlobalParameter(broker, need(args, 'name'))
      : clearParameter(broker, vhostOf(args), need(args, 'component'), need(args, 'name')),
  ),
}

function componentOf(args: Arguments): typeof POLICY | typeof OPERATOR_POLICY {
  return args.operator === true ? OPERATOR_POLICY : POLICY
}

/** A value that is JSON already, or a text that is. */
function jsonOf(args: Arguments, name: string): Json {
  const given = args[name]
  if (typeof given !== 'string') return given ?? null
  try {
    return JSON.parse(given)
  } catch {
    throw new ArgumentError(refused('invalid', `'${name}' is not JSON: ${given}`).text)
  }
}

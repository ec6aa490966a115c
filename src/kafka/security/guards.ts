import { Operation } from '../../core/access/acl.ts'
import type { Api, Call } from '../api.ts'
import type { Ask } from './authorizer.ts'
import { CLUSTER_GUARDS } from './cluster-guards.ts'
import { CONSUMER_GROUP_GUARDS } from './consumer-group-guards.ts'
import { DELEGATION_TOKEN_APIS } from './delegation-tokens.ts'
import { GROUP_GUARDS } from './group-guards.ts'
import { type Guard, mayOnCluster } from './guard.ts'
import { SHARE_GROUP_GUARDS } from './share-group-guards.ts'
import { TOPIC_GUARDS } from './topic-guards.ts'
import { TRANSACTION_GUARDS } from './transaction-guards.ts'

/** Those of delegation tokens say no to everybody. */
const REFUSED: readonly Guard[] = DELEGATION_TOKEN_APIS.map(({ key }) => ({
  key,
  check: (request) => ({ pass: request as never }),
}))

/** By API key. */
export const GUARDS: ReadonlyMap<number, Guard> = new Map(
  [
    ...TOPIC_GUARDS,
    ...GROUP_GUARDS,
    ...CONSUMER_GROUP_GUARDS,
    ...CLUSTER_GUARDS,
    ...TRANSACTION_GUARDS,
    ...SHARE_GROUP_GUARDS,
    ...REFUSED,
  ].map((guard) => [guard.key, guard]),
)

/** Hands to the handler what the client may ask for. What nobody guards is for whoever may act for the cluster. */
export function handleGuarded(api: Api, request: unknown, ask: Ask, call: Call): void {
  const guard = GUARDS.get(api.key)
  if (guard === undefined) {
    if (mayOnCluster(ask, Operation.clusterAction)) api.handle(request, call)
    else call.abort(`${ask.principal} may not use ${api.name}`)
    return
  }
  const guarded = guard.check(request, ask, call)
  if ('abort' in guarded) call.abort(guarded.abort)
  else if ('answer' in guarded) call.reply(guarded.answer)
  else {
    const { amend } = guarded
    const { amend: before } = call
    if (amend !== undefined) call.amend = before === null ? amend : (response) => before(amend(response))
    api.handle(guarded.pass, call)
  }
}

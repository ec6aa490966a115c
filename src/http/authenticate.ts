import type { IncomingMessage } from 'node:http'
import type { Broker } from '../broker/broker.ts'
import type { Rights } from './call.ts'
import { rightsOf, rightsOfAnybody } from './rights.ts'

/**
 * Finds out who asks, by Basic authentication with a user of the broker; `done` gets null if he is not let in. Whoever has failed too often waits, as
 * with the other protocols.
 */
export function authenticate(
  broker: Broker,
  request: IncomingMessage,
  asked: boolean,
  done: (rights: Rights | null) => void,
): void {
  if (!asked) {
    done(rightsOfAnybody())
    return
  }
  const { access } = broker
  const address = request.socket.remoteAddress ?? ''
  const decide = () => {
    const claim = readBasic(request.headers.authorization)
    const known = claim !== null && access.mayComeFrom(claim.user, address)
    const right = known && access.verifyPassword(claim.user, claim.password)
    if (claim !== null && !right) access.failures.note(address, broker.env.clock.elapsed())
    const rights = right ? rightsOf(broker, claim.user) : null
    broker.turn.hold(access.changedAt, { release: () => done(rights) })
  }
  const delayMs = access.failures.delayMs(address, broker.env.clock.elapsed())
  if (delayMs === 0) decide()
  else broker.timers.after(delayMs, decide)
}

function readBasic(header: string | undefined): { readonly user: string; readonly password: string } | null {
  const coded = /^Basic +([A-Za-z0-9+/=_-]+) *$/i.exec(header ?? '')?.[1]
  if (coded === undefined) return null
  const text = Buffer.from(coded, 'base64').toString()
  const colon = text.indexOf(':')
  return colon < 0 ? null : { user: text.slice(0, colon), password: text.slice(colon + 1) }
}

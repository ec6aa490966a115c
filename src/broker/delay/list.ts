import type { Broker } from '../broker.ts'
import type { KeptMessages } from '../exchange/kept-messages.ts'
import { type Outcome, refuse } from '../refusal.ts'

/** Messages that are looked at in one call. */
const MOST = 10_000

/** A message that waits for its time. */
export interface DelayedMessage {
  /** Names the message within its exchange; never used twice. */
  readonly sequence: number
  /** When it is released, in milliseconds since 1970. */
  readonly due: number
  /** Bytes that it takes in the log. */
  readonly length: number
}

/** A part of what an exchange delays. */
export interface DelayedPage {
  /** How many messages the exchange delays altogether. */
  readonly total: number
  /** In the order in which they were published. */
  readonly messages: readonly DelayedMessage[]
  /** Where the next page begins; -1 if this is the last one. */
  readonly next: number
}

/**
 * Lists the messages that an exchange of type `x-delayed-message` holds back.
 *
 * @param vhost the name of the exchange's vhost
 * @param from the sequence to begin with: 0, or the `next` of the page before
 * @param limit how many messages a page may have, at most 10,000
 */
export function listDelayed(
  broker: Broker,
  vhost: string,
  exchange: string,
  from = 0,
  limit = 100,
): Outcome<DelayedPage> {
  const found = findDelayed(broker, vhost, exchange)
  if (!found.ok) return found
  const { index, delayed: total } = found.kept
  const most = Math.min(limit, MOST)
  const messages: DelayedMessage[] = []
  let sequence = index.nextLive(Math.max(from, index.head))
  for (; sequence < index.tail && messages.length < most; sequence = index.nextLive(sequence + 1)) {
    const due = index.expiry(sequence)
    if (due > 0) messages.push({ sequence, due, length: index.length(sequence) })
  }
  return { ok: true, total, messages, next: sequence < index.tail ? sequence : -1 }
}

/** What an exchange keeps that delays messages. */
export function findDelayed(broker: Broker, vhost: string, name: string): Outcome<{ readonly kept: KeptMessages }> {
  const exchange = broker.vhosts.get(vhost)?.router.exchanges.get(name)
  const kept = exchange?.delays ? broker.kept.get(exchange.id) : undefined
  return kept === undefined
    ? refuse({ reason: 'not-found', at: { what: 'exchange', name, vhost } })
    : { ok: true, kept }
}

import type { Facts, Gathering } from './context.ts'
import type { Engine, InboxKey } from './engine.ts'
import { ALREADY_HANDLED, type Handled, type Handling, type Unit } from './handling.ts'
import { type MaybeLater, whenThere } from './later.ts'
import type { OutboxEntry, Store } from './outbox/store.ts'

/** How a consumer knows what it has handled. */
export interface InboxUse {
  readonly consumer: string
  readonly windowMs: number
  /** Null: the message's id. */
  readonly keyOf: ((payload: unknown, message: { readonly id: string; readonly key: string | null }) => string) | null
}

function inboxKey(use: InboxUse, payload: unknown, facts: Facts, now: number): InboxKey {
  const key = use.keyOf === null ? facts.id : use.keyOf(payload, facts)
  return { consumer: use.consumer, key, until: now + use.windowMs }
}

/** What came of a hand-out, and the key that is to be kept with its settlement. */
export interface HandledOnce {
  readonly handled: Handled
  readonly inbox: InboxKey | null
}

/** Handles a message; with `use` unless its key was handled before, as the engine's inbox knows. */
export function handleOnce(
  engine: Engine,
  handling: Handling,
  use: InboxUse | null,
  body: Uint8Array | null,
  facts: Facts,
): MaybeLater<HandledOnce> {
  if (use === null) return whenThere(handling.run(body, facts), (handled) => ({ handled, inbox: null }))
  return handleNew(engine, handling, use, body, facts)
}

async function handleNew(
  engine: Engine,
  handling: Handling,
  use: InboxUse,
  body: Uint8Array | null,
  facts: Facts,
): Promise<HandledOnce> {
  const decoded = await handling.decode(body, facts)
  if (decoded.kind === 'dead') return { handled: decoded, inbox: null }
  const key = inboxKey(use, decoded.payload, facts, engine.clock.now())
  if (!(await engine.inbox!.claim(use.consumer, key.key))) return { handled: { kind: 'known' }, inbox: null }
  const handled = await handling.handle(decoded.payload, facts)
  if (handled.kind === 'done' || handled.kind === 'rejected') return { handled, inbox: key }
  engine.inbox!.giveUp(use.consumer, key.key)
  return { handled, inbox: null }
}

/**
 * Runs an attempt in a transaction of the application's database: the inbox key, what the handler wrote through `tx`, and what it sent are committed
 * together, or not at all.
 */
export function inStore(store: Store<unknown>, engine: Engine, use: InboxUse | null, sent: () => void): Unit {
  return async (payload, context, next) => {
    let kept = false
    const answer = await store.transaction(async (tx) => {
      const now = engine.clock.now()
      if (use !== null && !(await store.remember(tx, inboxKey(use, payload, context, now), now))) throw ALREADY_HANDLED
      context.within(tx)
      const answer = await next()
      // Who was given up in the meantime is handled again: nothing of this attempt may stay.
      context.throwIfAborted()
      const entries = entriesOf(context)
      kept = entries.length > 0
      if (kept) await store.add(tx, entries)
      return answer
    })
    if (kept) sent()
    return answer
  }
}

function entriesOf(context: Gathering): readonly OutboxEntry[] {
  const { messages, records } = context.take()
  return [
    ...messages.map((message) => ({ kind: 'message', message }) as const),
    ...records.map((record) => ({ kind: 'record', record }) as const),
  ]
}

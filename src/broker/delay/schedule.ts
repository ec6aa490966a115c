import type { Broker } from '../broker.ts'
import type { KeptMessages } from '../exchange/kept-messages.ts'

/** The clock's alarm reaches no further; a day is far enough to look again. */
const FURTHEST_MS = 86_400_000

/** Sees to it that the exchange's next delayed message is released when it is due: one timer an exchange. */
export function scheduleRelease(broker: Broker, kept: KeptMessages): void {
  if (kept.releasing || kept.next() < 0) return
  const { clock } = broker.env
  const delayMs = Math.min(FURTHEST_MS, Math.max(0, kept.due.due - clock.now()))
  if (kept.timer !== null) {
    if (kept.timer.deadline <= clock.elapsed() + delayMs) return
    broker.timers.clear(kept.timer)
  }
  kept.timer = broker.timers.after(delayMs, () => {
    kept.timer = null
    releaseSoon(broker, kept)
  })
}

/** The exchange's due messages are released when this turn ends. */
export function releaseSoon(broker: Broker, kept: KeptMessages): void {
  kept.releasing = true
  broker.releasing.push(kept)
  broker.turn.touch()
}

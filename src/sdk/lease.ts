import type { Clock } from './clock.ts'
import type { Delivery } from './engine.ts'
import type { Logger } from './logger.ts'

/** Renews deliveries as long as somebody is at work on them: until the function that is returned is called. */
export function renewing(
  clock: Clock,
  leaseMs: number | null,
  deliveries: readonly Delivery[],
  log: Logger,
): () => void {
  if (leaseMs === null) return () => {}
  let cancel = () => {}
  const again = () => {
    cancel = clock.after(leaseMs / 3, () => {
      for (const delivery of deliveries) {
        delivery.renew().catch((error: unknown) => {
          log.warn({ queue: delivery.queue, error }, 'a delivery could not be renewed')
        })
      }
      again()
    })
  }
  again()
  return () => cancel()
}

import type { Broker } from '../broker.ts'
import { scheduleRelease } from './schedule.ts'

/** After a restart delayed messages wait on, and those whose time has come meanwhile are released. */
export function recoverKept(broker: Broker): void {
  broker.afterRecovery.push(() => {
    for (const kept of broker.kept.values()) {
      kept.recovered((place, position, length) => broker.store.retain(place, position, length))
      scheduleRelease(broker, kept)
    }
  })
}

import type { Broker } from '../broker.ts'
import { changeAccess } from './facts.ts'
import { setPermissions } from './permission.ts'
import { setUser } from './user.ts'

const GUEST = 'guest'
const ALL = { configure: '.*', write: '.*', read: '.*' }

/**
 * At the first start, after recovery: makes the user that RabbitMQ has from the start, who may do everything. `guest` false: users
 * come from somewhere else.
 */
export function seedAccess(broker: Broker, guest = true): void {
  const { access } = broker
  if (access.seeded) return
  changeAccess(broker, { kind: 'access-seeded' })
  if (!guest || access.user(GUEST) !== undefined) return
  setUser(broker, { name: GUEST, tags: ['administrator'], password: GUEST })
  if (broker.vhosts.has('/')) setPermissions(broker, GUEST, '/', ALL)
}

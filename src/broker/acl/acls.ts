import type { Acl } from '../../core/access/acl.ts'
import type { AclFilter } from '../../core/access/acl-filter.ts'
import type { Broker } from '../broker.ts'
import type { Definition } from '../definition.ts'
import { journalDefinition } from '../definitions.ts'
import type { AclFact } from './acl-store.ts'

/** ACLs that there may be: all of them are looked through when they are described or deleted. */
export const MOST_ACLS = 100_000
/** Bytes of journal that an ACL takes beside its texts. */
const ROOM = 256

/** Teaches the broker to rebuild ACLs. */
export function registerAcls(broker: Broker): void {
  const { acls } = broker
  broker.definitions.push({
    kinds: ['acl', 'acl-gone'],
    apply: (definition) => acls.apply(definition as AclFact),
    *all() {
      for (const { id, acl } of acls.acls.all()) yield { kind: 'acl', id, acl } as Definition
    },
  })
}

/** Adds an ACL; one that is there already is as good. False if there is no room for it. */
export function createAcl(broker: Broker, acl: Acl): boolean {
  const { acls } = broker
  if (acls.acls.has(acl)) return true
  const room = ROOM + 3 * (acl.resourceName.length + acl.principal.length + acl.host.length)
  if (acls.acls.size >= MOST_ACLS || !broker.hasRoomForDefinition(room, false)) return false
  change(broker, { kind: 'acl', id: ++broker.lastId, acl })
  return true
}

/** Takes away the ACLs that the filter is about; returns them, or null if there is no room to say so. */
export function deleteAcls(broker: Broker, filter: AclFilter): Acl[] | null {
  const found = broker.acls.acls.find(filter)
  if (!broker.hasRoomForDefinition(ROOM * found.length, true)) return null
  for (const { id } of found) change(broker, { kind: 'acl-gone', id })
  return found.map(({ acl }) => acl)
}

function change(broker: Broker, fact: AclFact): void {
  broker.acls.apply(fact)
  broker.acls.position = journalDefinition(broker, fact)
}

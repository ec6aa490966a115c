import type { Acl } from '../../core/access/acl.ts'
import { Acls } from '../../core/access/acls.ts'

/** What can happen to ACLs. */
export type AclFact =
  | { readonly kind: 'acl'; readonly id: number; readonly acl: Acl }
  | { readonly kind: 'acl-gone'; readonly id: number }

/** The ACLs, and how far the journal has to be durable for what is said of them. */
export class AclStore {
  readonly acls = new Acls()
  position = 0

  apply(fact: AclFact): void {
    if (fact.kind === 'acl') this.acls.add(fact.id, fact.acl)
    else this.acls.remove(fact.id)
  }
}

import { type Acl, type Asker, aclKey, concerns, Operation, PatternType, PermissionType, WILDCARD } from './acl.ts'
import type { AclFilter } from './acl-filter.ts'
import { matches } from './acl-filter.ts'

interface Entry {
  readonly id: number
  readonly acl: Acl
}

/** What the ACLs say about an operation on a resource. `silent`: no ACL names the resource. */
export type Verdict = 'allowed' | 'denied' | 'silent'

/** ACLs by resource: those of one name and one pattern type together. */
class Shelf {
  readonly literal = new Map<string, Entry[]>()
  readonly prefixed = new Map<string, Entry[]>()

  of(patternType: number): Map<string, Entry[]> {
    return patternType === PatternType.prefixed ? this.prefixed : this.literal
  }
}

/** All ACLs. A denial wins over every permission; what is neither allowed nor denied is denied, if any ACL names the resource. */
export class Acls {
  /** Grows whenever anything changes: whoever remembers decisions forgets them then. */
  epoch = 0
  private readonly byKey = new Map<string, Entry>()
  private readonly byId = new Map<number, Entry>()
  private readonly shelves = new Map<number, Shelf>()

  get size(): number {
    return this.byKey.size
  }

  has(acl: Acl): boolean {
    return this.byKey.has(aclKey(acl))
  }

  /** Applying twice is applying once. */
  add(id: number, acl: Acl): void {
    const key = aclKey(acl)
    if (this.byId.has(id) || this.byKey.has(key)) return
    const entry = { id, acl }
    this.byKey.set(key, entry)
    this.byId.set(id, entry)
    const names = this.shelf(acl.resourceType).of(acl.patternType)
    const list = names.get(acl.resourceName)
    if (list === undefined) names.set(acl.resourceName, [entry])
    else list.push(entry)
    this.epoch++
  }

  remove(id: number): void {
    const entry = this.byId.get(id)
    if (entry === undefined) return
    const { acl } = entry
    this.byId.delete(id)
    this.byKey.delete(aclKey(acl))
    const names = this.shelf(acl.resourceType).of(acl.patternType)
    const left = names.get(acl.resourceName)!.filter((one) => one !== entry)
    if (left.length > 0) names.set(acl.resourceName, left)
    else names.delete(acl.resourceName)
    this.epoch++
  }

  *all(): Generator<Entry> {
    yield* this.byId.values()
  }

  /** Those that the filter is about, in the order in which they came. */
  find(filter: AclFilter): Entry[] {
    return [...this.byId.values()].filter(({ acl }) => matches(filter, acl))
  }

  verdict(asker: Asker, operation: number, resourceType: number, name: string): Verdict {
    let verdict: Verdict = 'silent'
    for (const entries of this.naming(resourceType, name)) {
      for (const { acl } of entries) {
        if (verdict === 'silent') verdict = 'denied'
        if (!concerns(acl, asker, operation)) continue
        if (acl.permissionType === PermissionType.deny) return 'denied'
        verdict = 'allowed'
      }
    }
    return verdict
  }

  /** Whether there can be a resource of that type with which the asker may do this: an ACL allows it that no denial covers. */
  verdictOnAny(asker: Asker, operation: number, resourceType: number): Verdict {
    const shelf = this.shelf(resourceType)
    const concerning = [...shelf.literal.values(), ...shelf.prefixed.values()]
      .flat()
      .map(({ acl }) => acl)
      .filter((acl) => concerns(acl, asker, operation))
    const denials = concerning.filter((acl) => acl.permissionType === PermissionType.deny)
    if (denials.some((acl) => isLiteral(acl) && acl.resourceName === WILDCARD)) return 'denied'
    const allowed = concerning.some(
      (acl) => acl.permissionType === PermissionType.allow && !denials.some((denial) => covers(denial, acl)),
    )
    return allowed ? 'allowed' : 'silent'
  }

  /** The entries whose pattern that name falls under. */
  private *naming(resourceType: number, name: string): Generator<readonly Entry[]> {
    const { literal, prefixed } = this.shelf(resourceType)
    const own = literal.get(name)
    if (own !== undefined) yield own
    const every = name === WILDCARD ? undefined : literal.get(WILDCARD)
    if (every !== undefined) yield every
    if (prefixed.size === 0) return
    for (let length = 1; length <= name.length; length++) {
      const entries = prefixed.get(name.slice(0, length))
      if (entries !== undefined) yield entries
    }
  }

  private shelf(resourceType: number): Shelf {
    let shelf = this.shelves.get(resourceType)
    if (shelf === undefined) this.shelves.set(resourceType, (shelf = new Shelf()))
    return shelf
  }
}

function isLiteral(acl: Acl): boolean {
  return acl.patternType === PatternType.literal
}

/** Whether every resource that `allowance` names is one that `denial` names. */
function covers(denial: Acl, allowance: Acl): boolean {
  if (isLiteral(denial)) return isLiteral(allowance) && denial.resourceName === allowance.resourceName
  const everything = isLiteral(allowance) && allowance.resourceName === WILDCARD
  return !everything && allowance.resourceName.startsWith(denial.resourceName)
}

/** The operations that a resource of each type can have asked for, in the order of their numbers. */
export const OPERATIONS_OF: Readonly<Record<'topic' | 'group' | 'cluster', readonly number[]>> = {
  topic: [
    Operation.read,
    Operation.write,
    Operation.create,
    Operation.delete,
    Operation.alter,
    Operation.describe,
    Operation.describeConfigs,
    Operation.alterConfigs,
  ],
  group: [Operation.read, Operation.delete, Operation.describe, Operation.describeConfigs, Operation.alterConfigs],
  cluster: [
    Operation.create,
    Operation.alter,
    Operation.describe,
    Operation.clusterAction,
    Operation.describeConfigs,
    Operation.alterConfigs,
    Operation.idempotentWrite,
  ],
}

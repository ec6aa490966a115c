import { rule } from '../failure.ts'

/** A user of the simulation, and the topic that ACLs are about; the topic need not be there. */
export const USERS = ['sim-0', 'sim-1'] as const
export const GUARDED = 'guarded'

const READ = 3
const WRITE = 4
const CREATE = 5
const DESCRIBE = 8
const DENY = 2
const ALLOW = 3
const LITERAL = 3
const PREFIXED = 4

/** An ACL that comes and goes, as the wire has it. */
export interface SimAcl {
  readonly resourceType: number
  readonly resourcePatternType: number
  readonly resourceName: string
  readonly principal: string
  readonly host: string
  readonly operation: number
  readonly permissionType: number
}

/** Every kind of pattern, principal, host and permission once or twice. */
export const ACLS: readonly SimAcl[] = [...USERS.map((user) => `User:${user}`), 'User:*'].flatMap((principal) =>
  [
    { resourcePatternType: LITERAL, resourceName: GUARDED, operation: READ, permissionType: ALLOW },
    { resourcePatternType: LITERAL, resourceName: '*', operation: DESCRIBE, permissionType: ALLOW },
    { resourcePatternType: PREFIXED, resourceName: 'gua', operation: WRITE, permissionType: ALLOW },
    { resourcePatternType: PREFIXED, resourceName: 'guarded-', operation: WRITE, permissionType: ALLOW },
    { resourcePatternType: LITERAL, resourceName: GUARDED, operation: CREATE, permissionType: ALLOW },
    { resourcePatternType: LITERAL, resourceName: GUARDED, operation: READ, permissionType: DENY },
    { resourcePatternType: PREFIXED, resourceName: 'g', operation: DESCRIBE, permissionType: DENY },
  ].map((one) => ({ resourceType: 2, principal, host: '*', ...one })),
)

/** What access is known to be. A change that nobody answered may have taken place or not: then there are several possibilities, until one is seen. */
export class AccessModel {
  /** Grows with every change that is asked for or answered. */
  version = 0
  private readonly facts = new Map<string, Set<string>>()

  /** The change is on its way. */
  asked(key: string, value: string): void {
    this.version++
    this.possible(key).add(value)
  }

  /** The value was answered or seen: it has to be possible, and is what holds from now on. */
  holds(key: string, value: string): void {
    this.version++
    const possible = this.possible(key)
    rule(possible.has(value), `${key} is '${value}', and can only be '${[...possible].join("' or '")}'`)
    this.facts.set(key, new Set([value]))
  }

  /** What surely holds, null where there are several possibilities. */
  sure(key: string): string | null {
    const possible = this.possible(key)
    return possible.size === 1 ? [...possible][0]! : null
  }

  /** Whether the user may know of the guarded topic; null if that is not sure. */
  mayDescribe(user: string): boolean | null {
    let allowed = false
    for (const acl of ACLS) {
      if (acl.principal !== 'User:*' && acl.principal !== `User:${user}`) continue
      const { resourcePatternType, resourceName, operation, permissionType } = acl
      const named = resourceName === GUARDED || resourceName === '*'
      if (!(resourcePatternType === PREFIXED ? GUARDED.startsWith(resourceName) : named)) continue
      const there = this.sure(aclKey(acl))
      if (there === null) return null
      if (there === '') continue
      if (permissionType === DENY && operation === DESCRIBE) return false
      if (permissionType === ALLOW && operation !== CREATE) allowed = true
    }
    return allowed
  }

  private possible(key: string): Set<string> {
    let possible = this.facts.get(key)
    if (possible === undefined) this.facts.set(key, (possible = new Set([''])))
    return possible
  }
}

export function aclKey(acl: SimAcl): string {
  return `acl ${ACLS.indexOf(acl)}`
}

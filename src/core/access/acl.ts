/** What an ACL is about, by Kafka's numbers. */
export const ResourceType = {
  any: 1,
  topic: 2,
  group: 3,
  cluster: 4,
  transactionalId: 5,
  delegationToken: 6,
  user: 7,
} as const

/** How an ACL's resource name is meant. `match`, in filters only, is every pattern that a name falls under. */
export const PatternType = { any: 1, match: 2, literal: 3, prefixed: 4 } as const

export const Operation = {
  any: 1,
  all: 2,
  read: 3,
  write: 4,
  create: 5,
  delete: 6,
  alter: 7,
  describe: 8,
  clusterAction: 9,
  describeConfigs: 10,
  alterConfigs: 11,
  idempotentWrite: 12,
  createTokens: 13,
  describeTokens: 14,
  twoPhaseCommit: 15,
} as const

export const PermissionType = { any: 1, deny: 2, allow: 3 } as const

/** The one name that a cluster has. */
export const CLUSTER = 'kafka-cluster'
/** As a resource's name all of them, as a principal's name everybody, as a host every host. */
export const WILDCARD = '*'

/** Who may, or may not, do what with what. Nothing in it is ever a regular expression. */
export interface Acl {
  readonly resourceType: number
  readonly patternType: number
  readonly resourceName: string
  /** `User:name`; `User:*` is everybody. */
  readonly principal: string
  readonly host: string
  readonly operation: number
  readonly permissionType: number
}

/** Who asks. */
export interface Asker {
  /** `User:name`. */
  readonly principal: string
  readonly host: string
}

/** Two with the same key are the same. */
export function aclKey(acl: Acl): string {
  const { resourceType, patternType, resourceName, principal, host, operation, permissionType } = acl
  return JSON.stringify([resourceType, patternType, resourceName, principal, host, operation, permissionType])
}

/** Operations that each of these brings along when it is allowed (not when it is denied). */
const IMPLIED_BY: Readonly<Record<number, readonly number[]>> = {
  [Operation.describe]: [Operation.read, Operation.write, Operation.delete, Operation.alter],
  [Operation.describeConfigs]: [Operation.alterConfigs],
}

/** Whether the ACL is about that asker and operation. */
export function concerns(acl: Acl, asker: Asker, operation: number): boolean {
  return acl.permissionType === PermissionType.allow
    ? isAbout(acl, asker) && (named(acl, operation) || (IMPLIED_BY[operation]?.includes(acl.operation) ?? false))
    : isAbout(acl, asker) && named(acl, operation)
}

function isAbout(acl: Acl, asker: Asker): boolean {
  if (acl.host !== WILDCARD && acl.host !== asker.host) return false
  if (acl.principal === asker.principal) return true
  // Everybody of a kind of principal; there is no other kind than User.
  return acl.principal === `${asker.principal.slice(0, asker.principal.indexOf(':'))}:${WILDCARD}`
}

function named(acl: Acl, operation: number): boolean {
  return acl.operation === operation || acl.operation === Operation.all
}

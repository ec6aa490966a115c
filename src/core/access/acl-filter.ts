import { type Acl, Operation, PatternType, PermissionType, ResourceType, WILDCARD } from './acl.ts'

/** Which ACLs are meant; null is any. */
export interface AclFilter {
  readonly resourceType: number
  readonly patternType: number
  readonly resourceName: string | null
  readonly principal: string | null
  readonly host: string | null
  readonly operation: number
  readonly permissionType: number
}

export function matches(filter: AclFilter, acl: Acl): boolean {
  return (
    isAny(filter.resourceType, ResourceType.any, acl.resourceType) &&
    isAny(filter.operation, Operation.any, acl.operation) &&
    isAny(filter.permissionType, PermissionType.any, acl.permissionType) &&
    (filter.principal === null || filter.principal === acl.principal) &&
    (filter.host === null || filter.host === acl.host) &&
    namesPattern(filter, acl)
  )
}

function isAny(wanted: number, any: number, given: number): boolean {
  return wanted === any || wanted === given
}

function namesPattern({ patternType, resourceName }: AclFilter, acl: Acl): boolean {
  const { any, match } = PatternType
  if (patternType !== any && patternType !== match && patternType !== acl.patternType) return false
  if (resourceName === null) return true
  if (patternType !== match) return resourceName === acl.resourceName
  return acl.patternType === PatternType.literal
    ? acl.resourceName === resourceName || acl.resourceName === WILDCARD
    : resourceName.startsWith(acl.resourceName)
}

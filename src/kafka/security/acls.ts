import { createAcl, deleteAcls as removeAcls } from '../../broker/acl/acls.ts'
import { type Acl, CLUSTER, Operation, PatternType, PermissionType, ResourceType } from '../../core/access/acl.ts'
import type { AclFilter } from '../../core/access/acl-filter.ts'
import { ErrorCode } from '../../wire/kafka/errors.ts'
import { CreateAclsRequest, CreateAclsResponse } from '../../wire/kafka/messages/create-acls.ts'
import { DeleteAclsRequest, DeleteAclsResponse } from '../../wire/kafka/messages/delete-acls.ts'
import { DescribeAclsRequest, DescribeAclsResponse } from '../../wire/kafka/messages/describe-acls.ts'
import type { Decoded } from '../../wire/kafka/schema.ts'
import { api } from '../api.ts'

/*
 * DescribeAcls, CreateAcls and DeleteAcls, 1 to 3. Without an authorizer everybody may do everything, and that is said as Kafka says it.
 */

const DISABLED = { errorCode: ErrorCode.SECURITY_DISABLED, errorMessage: 'No Authorizer is configured.' }
/** The broker answers for itself what it does not ask its controller. */
const DISABLED_HERE = { ...DISABLED, errorMessage: 'No Authorizer is configured on the broker' }
const FULL = { errorCode: ErrorCode.KAFKA_STORAGE_ERROR, errorMessage: 'The disk is full, or there are too many ACLs.' }

type Creation = Decoded<typeof CreateAclsRequest>['creations'][number]

/** What Kafka answers to what it can't make an ACL of. */
const UNHEARD_OF = { errorCode: ErrorCode.UNKNOWN_SERVER_ERROR, errorMessage: null }
const MALFORMED = 'an ACL with a zero, which stands for what is not known'

export const createAcls = api(
  CreateAclsRequest,
  CreateAclsResponse,
  { from: 1, to: 3, writes: true },
  (request, call) => {
    const { broker, options } = call.front
    const acls = request.creations.map(aclOf)
    if (acls.some(hasZero)) call.abort(MALFORMED)
    else if (options.authorizer === null) call.reply({ results: acls.map(() => DISABLED) }, 0)
    else if (acls.some(isFilter)) call.reply({ results: acls.map(() => UNHEARD_OF) }, 0)
    else {
      const results = acls.map((acl) => {
        const wrong = problemOf(acl)
        if (wrong !== null) return { errorCode: ErrorCode.INVALID_REQUEST, errorMessage: wrong }
        return createAcl(broker, acl) ? {} : FULL
      })
      call.reply({ results }, broker.acls.position)
    }
  },
)

type Kinds = Pick<Acl, 'resourceType' | 'patternType' | 'operation' | 'permissionType'>

function hasZero({ resourceType, patternType, operation, permissionType }: Kinds): boolean {
  return resourceType === 0 || patternType === 0 || operation === 0 || permissionType === 0
}

/** Whether it means any of several: then it is no ACL. */
function isFilter({ resourceType, patternType, operation, permissionType }: Kinds): boolean {
  const { any, match } = PatternType
  return (
    resourceType === ResourceType.any ||
    patternType === any ||
    patternType === match ||
    operation === Operation.any ||
    permissionType === PermissionType.any
  )
}

function aclOf(creation: Creation): Acl {
  const { resourceType, resourceName, resourcePatternType, principal, host, operation, permissionType } = creation
  return { resourceType, patternType: resourcePatternType, resourceName, principal, host, operation, permissionType }
}

/** What Kafka has against it. */
function problemOf(acl: Acl): string | null {
  const { resourceType, patternType, resourceName, principal, operation, permissionType } = acl
  if (resourceType === ResourceType.cluster && resourceName !== CLUSTER)
    return `The only valid name for the CLUSTER resource is ${CLUSTER}`
  if (resourceName === '') return 'Invalid empty resource name'
  if (patternType > PatternType.prefixed) return 'Invalid patternType UNKNOWN'
  if (permissionType > PermissionType.allow) return 'Invalid permissionType UNKNOWN'
  if (operation > Operation.twoPhaseCommit) return 'Invalid operation UNKNOWN'
  if (resourceType > ResourceType.user) return 'Invalid resourceType UNKNOWN'
  if (!principal.includes(':'))
    return `Could not parse principal from \`${principal}\` (no colon is present separating the principal type from the principal name)`
  return null
}

export const describeAcls = api(DescribeAclsRequest, DescribeAclsResponse, { from: 1, to: 3 }, (request, call) => {
  const { broker, options } = call.front
  const filter: AclFilter = {
    resourceType: request.resourceTypeFilter,
    patternType: request.patternTypeFilter,
    resourceName: request.resourceNameFilter,
    principal: request.principalFilter,
    host: request.hostFilter,
    operation: request.operation,
    permissionType: request.permissionType,
  }
  if (hasZero(filter)) {
    call.abort(MALFORMED)
    return
  }
  if (options.authorizer === null) {
    call.reply(DISABLED_HERE, 0)
    return
  }
  const resources = new Map<string, Acl[]>()
  for (const { acl } of broker.acls.acls.find(filter)) {
    const key = JSON.stringify([acl.resourceType, acl.patternType, acl.resourceName])
    const acls = resources.get(key)
    if (acls === undefined) resources.set(key, [acl])
    else acls.push(acl)
  }
  call.reply(
    {
      resources: [...resources.values()].map((acls) => {
        const { resourceType, resourceName, patternType } = acls[0]!
        return { resourceType, resourceName, patternType, acls }
      }),
    },
    broker.acls.position,
  )
})

export const deleteAcls = api(DeleteAclsRequest, DeleteAclsResponse, { from: 1, to: 3 }, (request, call) => {
  const { broker, options } = call.front
  const filters = request.filters.map(filterOf)
  if (filters.some(hasZero)) call.abort(MALFORMED)
  else if (options.authorizer === null) call.reply({ filterResults: filters.map(() => DISABLED) }, 0)
  else {
    const filterResults = filters.map((filter) => {
      const unknown = unknownPartOf(filter)
      if (unknown !== null) return { errorCode: ErrorCode.INVALID_REQUEST, errorMessage: `Unknown ${unknown}.` }
      const gone = removeAcls(broker, filter)
      if (gone === null) return FULL
      return { errorMessage: null, matchingAcls: gone.map((acl) => ({ errorCode: 0, errorMessage: null, ...acl })) }
    })
    call.reply({ filterResults }, broker.acls.position)
  }
})

/** Numbers that stand for nothing. */
function unknownPartOf({ resourceType, patternType, operation, permissionType }: Kinds): string | null {
  if (resourceType > ResourceType.user || patternType > PatternType.prefixed) return 'patternFilter'
  return operation > Operation.twoPhaseCommit || permissionType > PermissionType.allow ? 'entryFilter' : null
}

function filterOf(filter: Decoded<typeof DeleteAclsRequest>['filters'][number]): AclFilter {
  const { resourceTypeFilter, resourceNameFilter, patternTypeFilter, principalFilter, hostFilter } = filter
  return {
    resourceType: resourceTypeFilter,
    patternType: patternTypeFilter,
    resourceName: resourceNameFilter,
    principal: principalFilter,
    host: hostFilter,
    operation: filter.operation,
    permissionType: filter.permissionType,
  }
}

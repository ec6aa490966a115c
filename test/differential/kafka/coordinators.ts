import { setTimeout as pass } from 'node:timers/promises'
import { errorName } from '../../../src/wire/kafka/errors.ts'
import { DescribeAclsRequest, DescribeAclsResponse } from '../../../src/wire/kafka/messages/describe-acls.ts'
import { FindCoordinatorRequest, FindCoordinatorResponse } from '../../../src/wire/kafka/messages/find-coordinator.ts'
import type { Address } from '../search.ts'
import { Link } from './link.ts'

const TRIES = 120
const LOOK_MS = 250
/** Groups and transactions: each has an internal topic that the real broker makes when it is first asked for. */
const KINDS = [0, 1]

/** Waits until a broker coordinates groups and transactions. */
export async function findCoordinators({ host, port }: Address): Promise<void> {
  const link = new Link(host, port)
  try {
    for (const keyType of KINDS) {
      for (let n = 0; ; n++) {
        const asked = { keyType, coordinatorKeys: ['anybody'] }
        const answer = await link.ask(FindCoordinatorRequest, FindCoordinatorResponse, 4, asked, () => {})
        if (typeof answer !== 'string' && answer.coordinators[0]?.errorCode === 0) break
        if (n === TRIES) throw new Error(`${host}:${port} has no coordinator of kind ${keyType}`)
        await pass(LOOK_MS)
      }
    }
  } finally {
    link.close()
  }
}

/** Whether a broker asks ACLs. */
export async function hasAuthorizer({ host, port }: Address): Promise<boolean> {
  const link = new Link(host, port)
  try {
    const any = { resourceTypeFilter: 1, patternTypeFilter: 1, operation: 1, permissionType: 1 }
    const filter = { ...any, resourceNameFilter: null, principalFilter: null, hostFilter: null }
    const answer = await link.ask(DescribeAclsRequest, DescribeAclsResponse, 3, filter, () => {})
    return typeof answer !== 'string' && errorName(answer.errorCode) !== 'SECURITY_DISABLED'
  } finally {
    link.close()
  }
}

import { pbkdf2Sync } from 'node:crypto'
import {
  AlterClientQuotasRequest,
  AlterClientQuotasResponse,
} from '../../src/wire/kafka/messages/alter-client-quotas.ts'
import {
  AlterUserScramCredentialsRequest,
  AlterUserScramCredentialsResponse,
} from '../../src/wire/kafka/messages/alter-user-scram-credentials.ts'
import { CreateAclsRequest, CreateAclsResponse } from '../../src/wire/kafka/messages/create-acls.ts'
import { DeleteAclsRequest, DeleteAclsResponse } from '../../src/wire/kafka/messages/delete-acls.ts'
import { DescribeAclsRequest, DescribeAclsResponse } from '../../src/wire/kafka/messages/describe-acls.ts'
import {
  DescribeClientQuotasRequest,
  DescribeClientQuotasResponse,
} from '../../src/wire/kafka/messages/describe-client-quotas.ts'
import { KafkaLink } from '../kafka/link.ts'
import type { Actor, World } from '../world.ts'
import { ACLS, type AccessModel, aclKey, USERS } from './model.ts'

export const ITERATIONS = 4096
export const SALT = Buffer.from('salt for everybody')

const salted = new Map<string, Buffer>()

/** What a client makes of a password: slow enough to be done once for each. */
export function saltedPassword(password: string): Buffer {
  let bytes = salted.get(password)
  if (bytes === undefined) salted.set(password, (bytes = pbkdf2Sync(password, SALT, ITERATIONS, 32, 'sha256')))
  return bytes
}

const PASSWORDS = ['one', 'two', 'three']
/** Quotas of users who are never there: they slow nobody down. */
const GHOSTS = ['ghost-0', 'ghost-1']

/** Gives and takes permissions, passwords and quotas all the time, and looks whether they are as they should be. */
export class Officer implements Actor {
  private readonly world: World
  private readonly model: AccessModel

  constructor(world: World, model: AccessModel) {
    this.world = world
    this.model = model
  }

  begin(): void {
    this.connect()
  }

  drain(): void {}

  done(): boolean {
    return true
  }

  end(): void {}

  private connect(): void {
    const again = () => this.world.clock.after(20, () => this.connect())
    const wire = this.world.net.connect(9092)
    if (wire === null) again()
    else this.later(new KafkaLink(wire, again))
  }

  private later(link: KafkaLink): void {
    this.world.clock.after(this.world.dice.unit() * 200, () => this.act(link))
  }

  private act(link: KafkaLink): void {
    const { dice } = this.world
    if (!link.open) return
    const kind = dice.below(10)
    if (kind < 4) this.changeAcl(link)
    else if (kind < 6) this.changeQuota(link)
    else if (kind < 8) this.changePassword(link)
    else if (kind < 9) this.lookAtAcls(link)
    else this.lookAtQuotas(link)
  }

  private answered(link: KafkaLink, key: string, value: string, errorCode: number): void {
    // No room on the disk: nothing was changed.
    if (errorCode === 0) this.model.holds(key, value)
    this.world.add('access changed')
    this.later(link)
  }

  private changeAcl(link: KafkaLink): void {
    const acl = this.world.dice.pick(ACLS)
    const key = aclKey(acl)
    if (this.world.dice.chance(0.5)) {
      this.model.asked(key, 'there')
      link.ask(CreateAclsRequest, CreateAclsResponse, 3, { creations: [acl] }, ({ results }) =>
        this.answered(link, key, 'there', results[0]!.errorCode),
      )
      return
    }
    this.model.asked(key, '')
    const filter = {
      resourceTypeFilter: acl.resourceType,
      resourceNameFilter: acl.resourceName,
      patternTypeFilter: acl.resourcePatternType,
      principalFilter: acl.principal,
      hostFilter: acl.host,
      operation: acl.operation,
      permissionType: acl.permissionType,
    }
    link.ask(DeleteAclsRequest, DeleteAclsResponse, 3, { filters: [filter] }, ({ filterResults }) =>
      this.answered(link, key, '', filterResults[0]!.errorCode),
    )
  }

  private changeQuota(link: KafkaLink): void {
    const user = this.world.dice.pick(GHOSTS)
    const value = this.world.dice.chance(0.3) ? 0 : this.world.dice.between(1, 1000)
    const told = value === 0 ? '' : `${value}`
    this.model.asked(`quota ${user}`, told)
    const entity = [{ entityType: 'user', entityName: user }]
    const ops = [{ key: 'producer_byte_rate', value, remove: value === 0 }]
    const asked = { entries: [{ entity, ops }] }
    link.ask(AlterClientQuotasRequest, AlterClientQuotasResponse, 1, asked, ({ entries }) =>
      this.answered(link, `quota ${user}`, told, entries[0]!.errorCode),
    )
  }

  private changePassword(link: KafkaLink): void {
    const name = this.world.dice.pick(USERS)
    const password = this.world.dice.pick(PASSWORDS)
    this.model.asked(`password ${name}`, password)
    const upsertions = [
      { name, mechanism: 1, iterations: ITERATIONS, salt: SALT, saltedPassword: saltedPassword(password) },
    ]
    const asked = { deletions: [], upsertions }
    link.ask(AlterUserScramCredentialsRequest, AlterUserScramCredentialsResponse, 0, asked, ({ results }) =>
      this.answered(link, `password ${name}`, password, results[0]!.errorCode),
    )
  }

  private lookAtAcls(link: KafkaLink): void {
    const anything = {
      resourceTypeFilter: 1,
      resourceNameFilter: null,
      patternTypeFilter: 1,
      principalFilter: null,
      hostFilter: null,
      operation: 1,
      permissionType: 1,
    }
    link.ask(DescribeAclsRequest, DescribeAclsResponse, 3, anything, ({ resources }) => {
      const seen = new Set(
        resources.flatMap(({ resourceName, patternType, acls }) =>
          acls.map((acl) =>
            JSON.stringify([patternType, resourceName, acl.principal, acl.operation, acl.permissionType]),
          ),
        ),
      )
      for (const acl of ACLS) {
        const { resourcePatternType, resourceName, principal, operation, permissionType } = acl
        const text = JSON.stringify([resourcePatternType, resourceName, principal, operation, permissionType])
        this.model.holds(aclKey(acl), seen.has(text) ? 'there' : '')
      }
      this.world.add('access looked at')
      this.later(link)
    })
  }

  private lookAtQuotas(link: KafkaLink): void {
    link.ask(DescribeClientQuotasRequest, DescribeClientQuotasResponse, 1, { components: [] }, ({ entries }) => {
      for (const user of GHOSTS) {
        const entry = entries!.find(({ entity }) => entity[0]!.entityName === user)
        this.model.holds(`quota ${user}`, entry === undefined ? '' : `${entry.values[0]!.value}`)
      }
      this.later(link)
    })
  }
}

import { Operation, PatternType, PermissionType, ResourceType } from '../../../../src/core/access/acl.ts'
import { CreateAclsRequest, CreateAclsResponse } from '../../../../src/wire/kafka/messages/create-acls.ts'
import { DeleteAclsRequest, DeleteAclsResponse } from '../../../../src/wire/kafka/messages/delete-acls.ts'
import { DescribeAclsRequest, DescribeAclsResponse } from '../../../../src/wire/kafka/messages/describe-acls.ts'
import { chance, command, type Maker, type Scene } from '../command.ts'
import { OFFSET_MAKERS } from './groups.ts'
import { RECORD_MAKERS } from './records.ts'

/*
 * ACLs. On brokers without an authorizer they are refused; on brokers with one (AUTHORIZER=1) they decide what becomes of everything else. They name this
 * sequence's resources alone.
 */

const CREATE = { request: CreateAclsRequest, response: CreateAclsResponse, versions: [1, 3] } as const
const DESCRIBE = { request: DescribeAclsRequest, response: DescribeAclsResponse, versions: [1, 3] } as const
const DELETE = { request: DeleteAclsRequest, response: DeleteAclsResponse, versions: [1, 3] } as const

const { topic, group, transactionalId } = ResourceType
const PRINCIPALS = ['User:ANONYMOUS', 'User:ANONYMOUS', 'User:somebody', 'User:*']
const HOSTS = ['*', '*', '127.0.0.1', '10.0.0.1']
const OPERATIONS = [
  ...[Operation.all, Operation.read, Operation.write, Operation.describe, Operation.delete, Operation.alter],
  ...[Operation.describeConfigs, Operation.alterConfigs, Operation.create],
]

/** A resource of this sequence, or all whose names begin as its names do. */
function resourceOf(scene: Scene): { type: number; name: string; pattern: number } {
  const { dice, prefix } = scene
  const type = dice.pick([topic, topic, group, transactionalId])
  if (dice.chance(0.15)) return { type, name: `${prefix}-`, pattern: PatternType.prefixed }
  const names = {
    [topic]: [`${prefix}-t0`, `${prefix}-t1`],
    [group]: [`${prefix}-g`],
    [transactionalId]: [`${prefix}-x0`],
  }
  return { type, name: dice.pick(names[type]!), pattern: PatternType.literal }
}

const create: Maker = {
  weight: 4,
  make(scene) {
    const { dice } = scene
    const creations = Array.from({ length: dice.pick([1, 1, 2]) }, () => {
      const { type, name, pattern } = resourceOf(scene)
      return {
        resourceType: chance(scene) ? dice.pick([0, 1, 9]) : type,
        resourceName: chance(scene) ? '' : name,
        resourcePatternType: chance(scene) ? dice.pick([0, 1, 2, 9]) : pattern,
        principal: chance(scene) ? 'somebody' : dice.pick(PRINCIPALS),
        host: dice.pick(HOSTS),
        operation: chance(scene) ? dice.pick([0, 1, 99]) : dice.pick(OPERATIONS),
        permissionType: chance(scene) ? dice.pick([0, 1, 9]) : dice.pick([PermissionType.deny, PermissionType.allow]),
      }
    })
    return command(scene, CREATE, { about: JSON.stringify(creations), make: () => ({ creations }) })
  },
}

/** What some ACLs have in common. The name is one of this sequence's: others' ACLs are left alone. */
function filterOf(scene: Scene) {
  const { dice } = scene
  const { type, name, pattern } = resourceOf(scene)
  return {
    resourceTypeFilter: chance(scene) ? dice.pick([0, 9]) : dice.pick([type, ResourceType.any]),
    resourceNameFilter: name,
    patternTypeFilter: chance(scene) ? dice.pick([0, 9]) : dice.pick([pattern, PatternType.any, PatternType.match]),
    principalFilter: dice.pick([null, ...PRINCIPALS]),
    hostFilter: dice.pick([null, null, ...HOSTS]),
    operation: dice.chance(0.5) ? Operation.any : dice.pick(OPERATIONS),
    permissionType: dice.pick([PermissionType.any, PermissionType.any, PermissionType.deny, PermissionType.allow]),
  }
}

const describe: Maker = {
  weight: 3,
  make(scene) {
    const filter = filterOf(scene)
    return command(scene, DESCRIBE, { about: JSON.stringify(filter), asksAgain: true, make: () => filter })
  },
}

const remove: Maker = {
  weight: 2,
  make(scene) {
    const filters = Array.from({ length: scene.dice.pick([1, 1, 2]) }, () => filterOf(scene))
    return command(scene, DELETE, { about: JSON.stringify(filters), make: () => ({ filters }) })
  },
}

export const ACCESS_MAKERS: readonly Maker[] = [create, describe, remove, ...RECORD_MAKERS, ...OFFSET_MAKERS]

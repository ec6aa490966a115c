import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Acl, Operation, PatternType, PermissionType, ResourceType } from './acl.ts'
import type { AclFilter } from './acl-filter.ts'
import { Acls } from './acls.ts'

const { topic, group } = ResourceType
const ALICE = { principal: 'User:alice', host: '10.0.0.1' }

function acl(given: Partial<Acl> = {}): Acl {
  return {
    resourceType: topic,
    patternType: PatternType.literal,
    resourceName: 'orders',
    principal: 'User:alice',
    host: '*',
    operation: Operation.read,
    permissionType: PermissionType.allow,
    ...given,
  }
}

function aclsOf(...given: Partial<Acl>[]): Acls {
  const acls = new Acls()
  for (const [id, one] of given.entries()) acls.add(id + 1, acl(one))
  return acls
}

const reads = (acls: Acls, name = 'orders', asker = ALICE) => acls.verdict(asker, Operation.read, topic, name)

describe('ACLs', () => {
  it('say nothing of what they do not name', () => {
    assert.equal(reads(aclsOf()), 'silent')
    assert.equal(reads(aclsOf({ resourceName: 'bills' }, { resourceType: group })), 'silent')
  })

  it('deny whom they do not mention, once they name a resource', () => {
    assert.equal(reads(aclsOf({ principal: 'User:bob' })), 'denied')
    assert.equal(reads(aclsOf({ operation: Operation.write })), 'denied')
    assert.equal(reads(aclsOf({ host: '10.0.0.2' })), 'denied')
  })

  it('name resources by name, by prefix, or all of them, and never as a pattern of another kind', () => {
    assert.equal(reads(aclsOf({})), 'allowed')
    assert.equal(reads(aclsOf({ patternType: PatternType.prefixed, resourceName: 'ord' })), 'allowed')
    assert.equal(reads(aclsOf({ patternType: PatternType.prefixed, resourceName: 'orders' })), 'allowed')
    assert.equal(reads(aclsOf({ patternType: PatternType.prefixed, resourceName: 'orders2' })), 'silent')
    assert.equal(reads(aclsOf({ resourceName: '*' })), 'allowed')
    assert.equal(reads(aclsOf({ resourceName: 'ord.*' })), 'silent')
    assert.equal(reads(aclsOf({ resourceName: '.*' })), 'silent')
  })

  it('mean everybody and every host where they say so', () => {
    assert.equal(reads(aclsOf({ principal: 'User:*' })), 'allowed')
    assert.equal(reads(aclsOf({ host: '10.0.0.1' })), 'allowed')
    assert.equal(reads(aclsOf({ operation: Operation.all })), 'allowed')
  })

  it('deny first, however the permission is written', () => {
    for (const denial of [
      { permissionType: PermissionType.deny },
      { permissionType: PermissionType.deny, resourceName: '*', principal: 'User:*' },
      { permissionType: PermissionType.deny, patternType: PatternType.prefixed, resourceName: 'o' },
      { permissionType: PermissionType.deny, operation: Operation.all },
    ]) {
      assert.equal(reads(aclsOf({}, denial)), 'denied')
      assert.equal(reads(aclsOf(denial, {})), 'denied')
    }
    assert.equal(reads(aclsOf({}, { permissionType: PermissionType.deny, host: '10.0.0.9' })), 'allowed')
  })

  it('imply describing when they allow, and not when they deny', () => {
    const describes = (acls: Acls) => acls.verdict(ALICE, Operation.describe, topic, 'orders')
    for (const operation of [Operation.read, Operation.write, Operation.delete, Operation.alter]) {
      assert.equal(describes(aclsOf({ operation })), 'allowed')
    }
    assert.equal(describes(aclsOf({ operation: Operation.create })), 'denied')
    assert.equal(describes(aclsOf({}, { permissionType: PermissionType.deny })), 'allowed')
    const configs = aclsOf({ operation: Operation.alterConfigs })
    assert.equal(configs.verdict(ALICE, Operation.describeConfigs, topic, 'orders'), 'allowed')
  })

  it('know whether there may be anything that one may write to', () => {
    const writes = (acls: Acls) => acls.verdictOnAny(ALICE, Operation.write, topic)
    const operation = Operation.write
    const permissionType = PermissionType.deny
    assert.equal(writes(aclsOf()), 'silent')
    assert.equal(writes(aclsOf({})), 'silent')
    assert.equal(writes(aclsOf({ operation })), 'allowed')
    assert.equal(writes(aclsOf({ operation }, { operation, permissionType })), 'silent')
    assert.equal(writes(aclsOf({ operation }, { operation, permissionType, resourceName: '*' })), 'denied')
    const prefixed = { operation, patternType: PatternType.prefixed, resourceName: 'ord' }
    assert.equal(writes(aclsOf({ operation }, { ...prefixed, permissionType })), 'silent')
    assert.equal(writes(aclsOf({ operation, resourceName: '*' }, { ...prefixed, permissionType })), 'allowed')
    assert.equal(writes(aclsOf(prefixed, { operation, permissionType })), 'allowed')
  })

  it('are there once, however often they are added, and gone when they are removed', () => {
    const acls = aclsOf({}, {})
    assert.equal(acls.size, 1)
    const { epoch } = acls
    acls.add(1, acl())
    assert.equal(acls.epoch, epoch)
    acls.remove(1)
    acls.remove(1)
    assert.equal(acls.size, 0)
    assert.equal(reads(acls), 'silent')
    assert.ok(acls.epoch > epoch)
  })

  it('are found by what a filter asks', () => {
    const acls = aclsOf(
      {},
      { resourceName: '*' },
      { patternType: PatternType.prefixed, resourceName: 'ord' },
      { resourceType: group, principal: 'User:bob', operation: Operation.describe },
    )
    const any: AclFilter = {
      resourceType: ResourceType.any,
      patternType: PatternType.any,
      resourceName: null,
      principal: null,
      host: null,
      operation: Operation.any,
      permissionType: PermissionType.any,
    }
    const ids = (filter: Partial<AclFilter>) => acls.find({ ...any, ...filter }).map(({ id }) => id)
    assert.deepEqual(ids({}), [1, 2, 3, 4])
    assert.deepEqual(ids({ resourceName: 'orders' }), [1, 4])
    assert.deepEqual(ids({ resourceType: topic, resourceName: 'orders', patternType: PatternType.match }), [1, 2, 3])
    assert.deepEqual(ids({ patternType: PatternType.prefixed }), [3])
    assert.deepEqual(ids({ principal: 'User:bob' }), [4])
    assert.deepEqual(ids({ operation: Operation.read, host: '*', permissionType: PermissionType.allow }), [1, 2, 3])
    assert.deepEqual(ids({ permissionType: PermissionType.deny }), [])
  })
})

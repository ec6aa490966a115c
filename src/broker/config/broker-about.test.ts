import assert from 'node:assert/strict'
import { it } from 'node:test'
import { aboutBrokerKey } from './broker-about.ts'
import { brokerKeys } from './broker-configs.ts'
import { BROKER_DOCS } from './broker-docs.ts'

it('every setting of the broker is told about, and nothing else', () => {
  const untold = [...brokerKeys().keys()].filter((name) => aboutBrokerKey(name) === null)
  assert.deepEqual(untold, [])
  const told = BROKER_DOCS.trim().split('\n')
  assert.deepEqual(
    told.filter((row) => !brokerKeys().has(row.split(' ')[0]!) || !/^\S+ [A-Z].*\.$/.test(row)),
    [],
  )
  assert.equal(aboutBrokerKey('nobody.knows'), null)
})

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { describeFlags, readFlags } from './flags.ts'

it('what is true or false is switched on, switched off, or given as a value', () => {
  const autoCreates = (...args: string[]) => readFlags(args)!.values['kafka.autoCreateTopics']
  assert.equal(autoCreates(), true)
  assert.equal(autoCreates('--kafka-auto-create-topics'), true)
  assert.equal(autoCreates('--no-kafka-auto-create-topics'), false)
  assert.equal(autoCreates('--kafka-auto-create-topics=false'), false)
  assert.equal(autoCreates('--kafka-auto-create-topics=true'), true)
  assert.throws(() => autoCreates('--kafka-auto-create-topics=no'), /--kafka-auto-create-topics/)
  assert.match(describeFlags(), /--\[no-\]kafka-auto-create-topics\n/)
})

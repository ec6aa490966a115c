import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createTopic } from '../../src/broker/topic/create.ts'
import { newProducerId } from '../../src/broker/topic/producer-ids.ts'
import { KafkaRig } from './rig.ts'
import { playTransactions } from './transaction-cases.ts'
import { TransactionDialogue } from './transaction-dialogue.ts'

/** What Kafka 4.3.1 answered, line by line: written by scripts/record-transactions.ts. */
const RECORDED = join(import.meta.dirname, '../../../test/kafka/transaction-replies.txt')

test('transactions are answered as Kafka does', async () => {
  const rig = new KafkaRig()
  rig.run(5)
  // Where there is none 0 is told: nobody shall have it.
  newProducerId(rig.topics)
  const dialogue = new TransactionDialogue({
    prefix: 'a-',
    ask: async ({ request, response }, version, value) => rig.ask(request, response, version, value),
    now: () => rig.broker.env.clock.now(),
    wait: async (ms) => rig.run(ms),
    topic: async (name) => {
      assert.ok(createTopic(rig.topics, { name, partitions: 3, configs: new Map() }).ok)
    },
  })
  await playTransactions(dialogue)
  assert.deepEqual(dialogue.lines, readFileSync(RECORDED, 'utf8').trimEnd().split('\n'))
})

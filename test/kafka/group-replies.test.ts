import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import { playAll } from './group-cases.ts'
import { Dialogue } from './group-dialogue.ts'
import { GroupRig } from './group-rig.ts'

/** What Kafka 4.3.1 answered, line by line: written by scripts/record-groups.ts. */
const RECORDED = join(import.meta.dirname, '../../../test/kafka/group-replies.txt')

test('groups answer as Kafka does', async () => {
  const rig = new GroupRig()
  const dialogue = new Dialogue({
    send: (about, version, request) => rig.exchange(about, version, request),
    wait: async (ms) => rig.run(ms),
    topic: async (name) => rig.topic(name),
    produce: async (name, partition, ...sizes) => rig.produce(name, partition, ...sizes),
  })
  await playAll(dialogue)
  assert.deepEqual(dialogue.lines, readFileSync(RECORDED, 'utf8').trimEnd().split('\n'))
})

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { silent } from '../../sdk/logger.ts'
import { conformance } from '../../testing/conformance/suite.ts'
import { busOver } from '../connect.ts'
import { FEATURES } from './engine.ts'
import { openEmbeddedBroker } from './open.ts'

for (const [name, onDisk] of [
  ['memory', false],
  ['file', true],
] as const) {
  conformance(
    {
      name,
      features: FEATURES,
      async open() {
        const directory = onDisk ? await mkdtemp(join(tmpdir(), 'posthorn-')) : null
        const broker = await openEmbeddedBroker(directory === null ? 'memory:' : `file:${directory}`, silent)
        return {
          connect: (options) => busOver(broker.engine(), options),
          async close() {
            await broker.close()
            if (directory !== null) await rm(directory, { recursive: true })
          },
        }
      },
    },
    { test, after },
  )
}

import { after, test } from 'node:test'
import { Admin } from '@platformatic/kafka'
import { connect } from '../../src/engines/connect.ts'
import { FEATURES } from '../../src/engines/kafka/features.ts'
import { conformance } from '../../src/testing/conformance/suite.ts'
import { MemoryStore } from '../../src/testing/memory-store.ts'
import { targetOf } from './target.ts'

const { skip, target } = targetOf('kafka')
const PREFIX = 'sdk-'

/** Brokers that others use, too, keep nothing of it. */
async function cleanUp(): Promise<void> {
  const admin = new Admin({ clientId: 'interop', bootstrapBrokers: [target().address] })
  const own = new RegExp(`^${PREFIX}.*-${process.pid.toString(36)}-`)
  const topics = (await admin.listTopics()).filter((name) => own.test(name))
  if (topics.length > 0) await admin.deleteTopics({ topics })
  await admin.close()
}

if (skip === false) {
  conformance(
    {
      name: 'kafka',
      features: FEATURES,
      prefix: PREFIX,
      async open() {
        const store = new MemoryStore()
        return {
          connect: (options) => connect(`kafka://${target().address}`, { store, ...options }),
          close: async () => {
            // Our own is gone by then, with all that it had.
            if (target().control) await cleanUp()
          },
        }
      },
    },
    { test, after },
  )
}

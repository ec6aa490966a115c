import { after, test } from 'node:test'
import { conformance } from '../../testing/conformance/suite.ts'
import { MemoryStore } from '../../testing/memory-store.ts'
import { testBroker } from '../../testing/test-broker.ts'
import { connect } from '../connect.ts'
import { FEATURES } from './features.ts'

conformance(
  {
    name: 'our server over AMQP',
    features: FEATURES,
    async open() {
      const broker = await testBroker({ kafka: false })
      const store = new MemoryStore()
      return {
        connect: (options) => connect(broker.amqpUrl, { store, ...options }),
        close: () => broker.close(),
      }
    },
  },
  { test, after },
)

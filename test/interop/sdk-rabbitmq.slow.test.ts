import { after, test } from 'node:test'
import { connect } from '../../src/engines/connect.ts'
import { FEATURES } from '../../src/engines/rabbitmq/features.ts'
import { conformance } from '../../src/testing/conformance/suite.ts'
import { MemoryStore } from '../../src/testing/memory-store.ts'
import { targetOf } from './target.ts'

/*
 * The conformance suite of the SDK over AMQP: on our server in a process of its own with the queues that RabbitMQ needs for what is delayed, or on the
 * real broker. With RabbitMQ before 4.3 the test of priorities is left out by a feature: the suite is told by the environment.
 */
const { skip, target } = targetOf('amqp')
const before43 = process.env.POSTHORN_CONTROL_AMQP_BEFORE_43 !== undefined

if (skip === false) {
  conformance(
    {
      name: 'amqp',
      features: { ...FEATURES, priority: !before43 },
      async open() {
        const store = new MemoryStore()
        const engine = { delayedExchange: false }
        return { connect: (options) => connect(target().uri, { store, engine, ...options }), close: async () => {} }
      },
    },
    { test, after },
  )
}

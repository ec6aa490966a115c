import { after, test } from 'node:test'
import { connect } from '../../src/engines/connect.ts'
import { FEATURES } from '../../src/engines/rabbitmq/features.ts'
import type { Features } from '../../src/sdk/engine.ts'
import { conformance } from '../../src/testing/conformance/suite.ts'
import { MemoryStore } from '../../src/testing/memory-store.ts'
import { controlOf, targetOf } from './target.ts'

/*
 * The conformance suite of the SDK over AMQP: on our server in a process of its own with the queues that RabbitMQ needs for what is delayed, or on the
 * real broker, whose version says which features it has.
 */
const { skip, target } = targetOf('amqp')

async function featuresOfTheRealOne(): Promise<Features> {
  const bus = await connect(target().uri)
  await bus.close()
  return bus.engine.features
}

if (skip === false) {
  conformance(
    {
      name: 'amqp',
      features: controlOf('amqp').control === null ? FEATURES : await featuresOfTheRealOne(),
      async open() {
        const store = new MemoryStore()
        const engine = { delayedExchange: false }
        return { connect: (options) => connect(target().uri, { store, engine, ...options }), close: async () => {} }
      },
    },
    { test, after },
  )
}

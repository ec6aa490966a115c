// A NestJS service and its client on Kafka's transport, both in one process: ADDRESS PREFIX. Decorators are applied by hand, as there is no compiler.
require('reflect-metadata')
const { Controller, Module } = require('@nestjs/common')
const { NestFactory } = require('@nestjs/core')
const {
  Ctx,
  ClientKafka,
  EventPattern,
  MessagePattern,
  Payload,
  RpcException,
  Transport,
} = require('@nestjs/microservices')
const { firstValueFrom } = require('rxjs')

const [address, prefix] = process.argv.slice(2)
const [sum, square, order, happened] = ['sum', 'square', 'order', 'happened'].map((name) => `${prefix}.${name}`)
const heard = []
let tell = () => {}

class Service {
  sum(numbers) {
    return numbers.reduce((all, one) => all + one, 0)
  }

  square(number) {
    return number * number
  }

  order() {
    throw new RpcException('no orders today')
  }

  happened(event, context) {
    heard.push({ event, header: String(context.getMessage().headers.which) })
    tell()
  }
}

function decorated(name, ...decorators) {
  const { prototype } = Service
  for (const decorate of decorators) decorate(prototype, name, Object.getOwnPropertyDescriptor(prototype, name))
}
for (const [name, pattern] of Object.entries({ sum, square, order })) {
  Payload()(Service.prototype, name, 0)
  decorated(name, MessagePattern(pattern))
}
Payload()(Service.prototype, 'happened', 0)
Ctx()(Service.prototype, 'happened', 1)
decorated('happened', EventPattern(happened))
Controller()(Service)

class Root {}
Module({ controllers: [Service] })(Root)

async function main() {
  const client = { brokers: [address], logLevel: 0, retry: { retries: 20 } }
  const options = (groupId) => ({
    client: { ...client, clientId: groupId },
    consumer: { groupId: `${prefix}.${groupId}` },
  })
  await makeTopics(client)
  const service = await NestFactory.createMicroservice(Root, {
    transport: Transport.KAFKA,
    options: { ...options('service'), subscribe: { fromBeginning: true } },
    logger: false,
  })
  await service.listen()
  const asker = new ClientKafka(options('asker'))
  for (const pattern of [sum, square, order]) asker.subscribeToResponseOf(pattern)
  await asker.connect()
  const ask = (pattern, data) => firstValueFrom(asker.send(pattern, data))

  console.log('sums', await ask(sum, [1, 2, 3]), await ask(sum, [4, 5, 6]), await ask(sum, [40]))
  console.log('all at once', ...(await Promise.all(Array.from({ length: 10 }, (_, i) => ask(square, i)))))
  await ask(order, {}).catch((error) => console.log('refused:', error.message ?? error))
  for (let i = 0; i < 10; i++) {
    await firstValueFrom(asker.emit(happened, { key: 'one', value: { i }, headers: { which: `h${i}` } }), {
      defaultValue: null,
    })
  }
  while (heard.length < 10) await new Promise((resolve) => (tell = resolve))
  console.log('events', ...heard.map(({ event }) => event.i), 'with header', heard[7].header)
  await asker.close()
  await service.close()
}

/** Nest subscribes to topics at its start and does not make them. */
async function makeTopics(settings) {
  const { Kafka } = require('kafkajs')
  const admin = new Kafka(settings).admin()
  await admin.connect()
  const names = [sum, square, order, happened, ...[sum, square, order].map((name) => `${name}.reply`)]
  await admin.createTopics({ topics: names.map((topic) => ({ topic, numPartitions: 2 })), waitForLeaders: true })
  await admin.disconnect()
}

main().catch((error) => {
  console.error(error)
  process.exit(1)
})

import { tableOf } from '../../src/wire/amqp/field.ts'
import { basic, connection, exchange, queue, tx } from '../../src/wire/amqp/methods.ts'
import type { Case } from './reply-cases.ts'

const FLAGS = { ticket: 0, passive: false, durable: false, autoDelete: false, nowait: false, arguments: tableOf({}) }
const EXCHANGE = 'cap.tx'

const closedByOperator = (name: string, reason: string | null): Case => ({
  name,
  probe: false,
  run: (client, { operator }) => operator.closeConnection(client.localPort, reason),
})

/** Cases in which time passes, an operator acts, or one connection does something behind another's back. */
export const FURTHER_CASES: readonly Case[] = [
  {
    name: 'tx.commit with a publish to an exchange deleted meanwhile',
    async run(client, { host, port }) {
      const other = await client.beside(host, port)
      client.send(1, exchange.declare, { ...FLAGS, exchange: EXCHANGE, type: 'fanout', internal: false })
      await client.expect(exchange.declareOk)
      client.send(1, tx.select, {})
      await client.expect(tx.selectOk)
      client.send(1, basic.publish, {
        ticket: 0,
        exchange: EXCHANGE,
        routingKey: '',
        mandatory: false,
        immediate: false,
      })
      client.header(1, 0)
      other.send(1, exchange.delete, { ticket: 0, exchange: EXCHANGE, ifUnused: false, nowait: false })
      await other.expect(exchange.deleteOk)
      client.send(1, tx.commit, {})
    },
  },
  {
    name: 'direct reply-to: queue.declare passive amq.rabbitmq.reply-to.bogus',
    run: (client) =>
      client.send(1, queue.declare, {
        ...FLAGS,
        queue: 'amq.rabbitmq.reply-to.bogus',
        exclusive: false,
        passive: true,
      }),
  },
  {
    name: 'protocol header AMQP 1 1 0 9 (0-9)',
    login: false,
    probe: false,
    run: (client) => client.raw('AMQP\x01\x01\x00\x09'),
  },
  {
    name: 'heartbeats stop (tune-ok heartbeat 1): what the client sees (after about 2 to 3 s)',
    login: false,
    probe: false,
    async run(client) {
      client.raw('AMQP\x00\x00\x09\x01')
      await client.expect(connection.start)
      client.startOk({})
      client.send(0, connection.tuneOk, { ...(await client.expect(connection.tune)), heartbeat: 1 })
      client.send(0, connection.open, { virtualHost: '/', capabilities: '', insist: false })
      await client.expect(connection.openOk)
    },
  },
  closedByOperator('connection closed over the HTTP API', null),
  closedByOperator('connection closed over the HTTP API with X-Reason: bye now', 'bye now'),
]

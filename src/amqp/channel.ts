import type { Broker } from '../broker/broker.ts'
import type { VHost } from '../broker/vhost.ts'
import { type Fields, type Method, type ValuesOf, writeMethod } from '../wire/amqp/method.ts'
import { Writer } from '../wire/amqp/writer.ts'
import type { Connection } from './connection.ts'
import { Replies } from './replies.ts'

const writer = new Writer()

/** One channel of a connection. */
export class Channel {
  readonly number: number
  readonly connection: Connection
  readonly broker: Broker
  readonly vhost: VHost
  readonly replies: Replies
  /** The queue that an empty name means: the last one declared on this channel. */
  lastQueue = ''

  constructor(connection: Connection, number: number) {
    this.number = number
    this.connection = connection
    this.broker = connection.broker
    this.vhost = connection.vhost
    const { store, turn } = this.broker
    this.replies = new Replies(
      connection.output,
      turn,
      () => store.durable,
      () => {},
    )
  }

  /** Answers a synchronous method, as soon as the journal is durable up to `position`: that of what the reply tells. */
  reply<F extends Fields>(method: Method<F>, values: ValuesOf<F>, position = 0): void {
    writer.clear()
    writeMethod(writer, this.number, method, values)
    this.replies.add(writer.written(), position)
  }

  /** Tells the client something that nobody waits for. */
  send<F extends Fields>(method: Method<F>, values: ValuesOf<F>): void {
    this.connection.send(this.number, method, values)
  }
}

import { EMPTY_TABLE } from '../../src/wire/amqp/field.ts'
import { exchange, queue } from '../../src/wire/amqp/methods.ts'
import { declareRoutes } from '../exchange/routes.ts'
import type { AmqpLink } from './link.ts'
import type { AmqpModel } from './model.ts'

/** Declares what all clients use; doing it again changes nothing. */
export function declare(link: AmqpLink, model: AmqpModel): void {
  const table = EMPTY_TABLE
  const common = { ticket: 0, passive: false, durable: true, autoDelete: false, nowait: false, arguments: table }
  link.send(exchange.declare, { ...common, exchange: 'fan', type: 'fanout', internal: false })
  for (const [name, kind] of model.kinds) {
    link.send(queue.declare, { ...common, queue: name, exclusive: false, arguments: kind.args })
  }
  for (const name of model.fanned) {
    link.send(queue.bind, { ticket: 0, queue: name, exchange: 'fan', routingKey: '', nowait: false, arguments: table })
  }
  if (model.world.swarm.longestDelay > 0) declareRoutes(link, model.sources, model.fanned)
}

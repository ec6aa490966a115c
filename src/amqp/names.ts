import { AmqpError } from '../wire/amqp/amqp-error.ts'

/** RabbitMQ drops line ends from names, wherever they stand. */
export function cleanName(name: string): string {
  return name.includes('\n') || name.includes('\r') ? name.replace(/[\r\n]/g, '') : name
}

/** The queue that a method names; the empty name means the one declared last on the channel. */
export function queueName(name: string, lastQueue: string): string {
  if (name !== '') return cleanName(name)
  if (lastQueue === '') throw new AmqpError('not-found', 'no previously declared queue')
  return lastQueue
}

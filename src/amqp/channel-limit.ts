import { userLimit } from '../core/access/user.ts'
import { AmqpError } from '../wire/amqp/amqp-error.ts'
import type { Connection } from './connection.ts'

/** Where memory is short no more channels are opened: they are dearer than messages. */
export function requireMemory({ broker }: Connection): void {
  if (broker.memory.critical) throw new AmqpError('resource-error', 'too much memory is in use')
}

/** A user may have a limit of channels, on all its connections together. */
export function requireChannel({ broker, user }: Connection): void {
  const account = broker.access.user(user)
  const most = account === undefined ? Number.POSITIVE_INFINITY : userLimit(account, 'max-channels')
  if (most === Number.POSITIVE_INFINITY || broker.connections.channelsOfUser(user) < most) return
  throw new AmqpError(
    'not-allowed',
    `number of channels opened for user '${user}' has reached the maximum allowed user limit of ${most}`,
    { anonymous: true },
  )
}

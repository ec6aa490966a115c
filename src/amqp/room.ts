import { AmqpError } from '../wire/amqp/amqp-error.ts'
import type { Table } from '../wire/amqp/field.ts'
import { tableText } from '../wire/amqp/table-text.ts'
import type { Channel } from './channel.ts'

/** What a definition takes in the journal at most, beside its arguments: names of 255 bytes, escaped. */
const DEFINITION_ROOM = 4096

/**
 * Whether the journal takes a definition with these arguments now, and `more` bytes; if it does not, the verb is to be tried LATER.
 */
export function hasRoomToDeclare(channel: Channel, args: Table, more = 0): boolean {
  const bytes = DEFINITION_ROOM + tableText(args).length + more
  const { longest } = channel.broker.store.journal
  if (bytes > longest)
    throw new AmqpError('precondition-failed', `arguments larger than the journal takes (${longest})`)
  return waits(channel, bytes, false)
}

/** Whether the journal takes the end of a definition now; if it does not, the verb is to be tried LATER. */
export function hasRoomToDelete(channel: Channel): boolean {
  return waits(channel, DEFINITION_ROOM, true)
}

function waits({ broker, connection }: Channel, bytes: number, takesAway: boolean): boolean {
  if (broker.hasRoomForDefinition(bytes, takesAway)) return true
  broker.whenRoom(connection.resume)
  return false
}

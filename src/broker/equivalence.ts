import type { Field, Table } from '../wire/amqp/field.ts'
import { type Named, type Refusal, refuse } from './refusal.ts'

/** The arguments among `compared` must be what they were; numbers of whatever width are equal by their value. */
export function checkEquivalentArguments(
  at: Named,
  current: Table,
  received: Table,
  compared: readonly string[],
): Refusal | null {
  for (const arg of compared) {
    const was = current.get(arg)
    const is = received.get(arg)
    if (was === undefined && is === undefined) continue
    if (was !== undefined && is !== undefined && classOf(was) === classOf(is) && was.value === is.value) continue
    return refuse({ reason: 'inequivalent', at, arg, received: is, current: was })
  }
  return null
}

/** A property that is not an argument must be what it was. */
export function checkEquivalent<T extends string | boolean>(
  at: Named,
  arg: string,
  current: T,
  received: T,
): Refusal | null {
  return current === received ? null : refuse({ reason: 'inequivalent', at, arg, received, current })
}

/** RabbitMQ's classes of types: whole numbers are all alike. */
function classOf(field: Field): string {
  if ('bBsuIilL'.includes(field.type)) return 'int'
  return 'fd'.includes(field.type) ? 'float' : field.type
}

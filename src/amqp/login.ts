import { AmqpError } from '../wire/amqp/amqp-error.ts'
import type { Connection } from './connection.ts'
import type { Claim } from './sasl.ts'

/**
 * Lets the client in or not: `done` gets what it is told if not. Called before `logIn` returns, unless the answer has to wait: for the
 * disk, which does not have yet what it tells, or because others at that address have failed too often.
 */
export function logIn(
  connection: Connection,
  mechanism: string,
  claim: Claim,
  done: (refusal: AmqpError | null) => void,
): void {
  const { broker, socket } = connection
  const delayMs = broker.access.failures.delayMs(socket.remoteAddress, broker.env.clock.elapsed())
  const decide = () => {
    const refusal = !isLetIn(connection, claim) ? refuse(connection, mechanism) : null
    broker.turn.hold(broker.access.changedAt, { release: () => done(refusal) })
  }
  if (delayMs === 0) decide()
  else broker.timers.after(delayMs, decide)
}

function isLetIn({ broker, socket }: Connection, { user, password }: Claim): boolean {
  const { access } = broker
  if (!access.mayComeFrom(user, socket.remoteAddress)) return false
  return password === null ? access.user(user) !== undefined : access.verifyPassword(user, password)
}

/** Who can't deal with connection.close now finds the socket closed. */
function refuse({ broker, socket, capabilities }: Connection, mechanism: string): AmqpError {
  broker.access.failures.note(socket.remoteAddress, broker.env.clock.elapsed())
  return new AmqpError(
    'access-refused',
    `Login was refused using authentication mechanism ${mechanism}. For details see the broker logfile.`,
    { scope: capabilities.authenticationFailureClose ? 'connection' : 'socket' },
  )
}

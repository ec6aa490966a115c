import { malformed } from '../wire/amqp/amqp-error.ts'
import type { Table } from '../wire/amqp/field.ts'
import { Reader } from '../wire/amqp/reader.ts'
import type { Connection } from './connection.ts'

/** Who a client says it is. */
export interface Claim {
  readonly user: string
  /** Null where the user is known by other means than a password. */
  readonly password: string | null
}

/** What this connection's clients may log in with: EXTERNAL only who has shown a certificate. */
export function mechanismsOf({ front, socket }: Connection): string {
  const anonymous = front.options.anonymousUser === null ? '' : 'ANONYMOUS '
  return `${anonymous}PLAIN AMQPLAIN${socket.peerCertificate === null ? '' : ' EXTERNAL'}`
}

/** @throws AmqpError for what RabbitMQ closes the socket without a word. */
export function claimOf(connection: Connection, mechanism: string, response: string | Uint8Array): Claim {
  if (!mechanismsOf(connection).split(' ').includes(mechanism)) throw malformed(`unknown mechanism ${mechanism}`)
  const bytes = Buffer.from(response)
  switch (mechanism) {
    case 'ANONYMOUS':
      return { user: String(connection.front.options.anonymousUser), password: null }
    case 'EXTERNAL':
      return { user: connection.socket.peerCertificate?.distinguishedName ?? '', password: null }
    case 'PLAIN':
      return plain(bytes)
    default:
      return amqplain(bytes)
  }
}

/** RabbitMQ has no authorization identity: the response begins with the zero before the user. */
function plain(bytes: Buffer): Claim {
  const [before, user, password, ...more] = bytes.toString('utf8').split('\0')
  if (before !== '' || user === undefined || password === undefined || more.length > 0) {
    throw malformed('a response for PLAIN is a zero, the user, a zero and the password')
  }
  return { user, password }
}

function amqplain(bytes: Buffer): Claim {
  const table = tableWithoutLength(bytes)
  const user = table.get('LOGIN')?.value
  const password = table.get('PASSWORD')?.value
  if (typeof user !== 'string' || typeof password !== 'string') {
    throw malformed('a response for AMQPLAIN has the texts LOGIN and PASSWORD')
  }
  return { user, password }
}

function tableWithoutLength(bytes: Buffer): Table {
  const whole = Buffer.alloc(4 + bytes.length)
  whole.writeUInt32BE(bytes.length)
  bytes.copy(whole, 4)
  return new Reader(whole, 0, whole.length).table()
}

import { AmqpError, malformed } from '../wire/amqp/amqp-error.ts'
import { EMPTY_TABLE, type Table, tableOf } from '../wire/amqp/field.ts'
import { FRAME_MIN_SIZE } from '../wire/amqp/frame.ts'
import { type ArgumentsOf, decodeArguments } from '../wire/amqp/method.ts'
import { connection as methods } from '../wire/amqp/methods.ts'
import { Reader } from '../wire/amqp/reader.ts'
import type { Connection } from './connection.ts'

/** The RabbitMQ whose behaviour clients may expect. */
const RABBITMQ_VERSION = '4.3.6'
const MECHANISMS = 'PLAIN AMQPLAIN'

/** Bytes of a protocol header. */
export const PROTOCOL_HEADER = 8

/** What a client begins with: 0-9-1, or 0-9 in its own notation. */
const KNOWN_HEADERS = ['AMQP\x00\x00\x09\x01', 'AMQP\x01\x01\x00\x09']
const OUR_HEADER = 'AMQP\x00\x00\x09\x01'
/** RabbitMQ offers AMQP 1.0 to who says something else; to who asks for 1.0 we offer what we have. */
const OTHER_HEADER = 'AMQP\x03\x01\x00\x00'
const VERSION_1_HEADERS = ['AMQP\x00\x01\x00\x00', 'AMQP\x03\x01\x00\x00', 'AMQP\x02\x01\x00\x00']

/** Null if we speak what the client asks for, else what to answer before the connection ends. */
export function answerHeader(header: string): Uint8Array | null {
  if (KNOWN_HEADERS.includes(header)) return null
  return Buffer.from(VERSION_1_HEADERS.includes(header) ? OUR_HEADER : OTHER_HEADER, 'latin1')
}

/** Tells the operator what a client began with that we don't speak. */
export function explainHeader(header: string): string {
  if (/^(GET|POST|PUT|HEAD|OPTIONS) /.test(header)) return 'this is HTTP, not AMQP'
  if (header.startsWith('\x16\x03')) return 'this is TLS, and the listener is plain'
  if (VERSION_1_HEADERS.includes(header)) return 'the client speaks AMQP 1.0, and this is 0-9-1'
  return `${JSON.stringify(header)} is not the AMQP 0-9-1 header`
}

/** Where a connection stands before its first channel. */
export type HandshakePhase = 'start' | 'tune' | 'open'

export function sendStart(connection: Connection): void {
  const { version, clusterName } = connection.front.options
  connection.send(0, methods.start, {
    versionMajor: 0,
    versionMinor: 9,
    serverProperties: tableOf({
      capabilities: tableOf({
        publisher_confirms: true,
        exchange_exchange_bindings: true,
        'basic.nack': true,
        consumer_cancel_notify: true,
        'connection.blocked': true,
        consumer_priorities: true,
        authentication_failure_close: true,
        per_consumer_qos: true,
        direct_reply_to: true,
      }),
      cluster_name: clusterName,
      information: 'Speaks AMQP 0-9-1 as RabbitMQ does',
      platform: `Node.js ${process.versions.node}`,
      product: 'Posthorn',
      version: RABBITMQ_VERSION,
      posthorn_version: version,
    }),
    mechanisms: MECHANISMS,
    locales: 'en_US',
  })
}

/** Takes the client's answer to what was sent last; returns what comes next. */
export function shakeHands(
  connection: Connection,
  phase: HandshakePhase,
  key: number,
  bytes: Uint8Array,
  at: number,
  end: number,
): HandshakePhase | 'running' {
  if (phase === 'start' && key === methods.startOk.key) {
    takeStartOk(connection, decodeArguments(methods.startOk, bytes, at, end))
    const { channelMax, frameMax, heartbeat } = connection.front.options
    connection.send(0, methods.tune, { channelMax, frameMax, heartbeat })
    return 'tune'
  }
  if (phase === 'tune' && key === methods.tuneOk.key) {
    takeTuneOk(connection, decodeArguments(methods.tuneOk, bytes, at, end))
    return 'open'
  }
  if (phase === 'open' && key === methods.open.key) {
    open(connection, decodeArguments(methods.open, bytes, at, end).virtualHost)
    return 'running'
  }
  throw malformed(`method ${key} is not expected in state ${phase}`)
}

function takeStartOk(connection: Connection, args: ArgumentsOf<typeof methods.startOk>): void {
  const capabilities = args.clientProperties.get('capabilities')
  const said = capabilities?.type === 'F' ? capabilities.value : EMPTY_TABLE
  const can = (name: string) => said.get(name)?.value === true
  connection.clientProperties = args.clientProperties
  connection.capabilities = {
    consumerCancelNotify: can('consumer_cancel_notify'),
    connectionBlocked: can('connection.blocked'),
    authenticationFailureClose: can('authentication_failure_close'),
  }
  const credentials = credentialsOf(args.mechanism, args.response)
  if (credentials === null) throw malformed(`no credentials in a response for ${args.mechanism}`)
  const [user, password] = credentials
  connection.user = user
  const local = user !== 'guest' || isLoopback(connection.socket.remoteAddress)
  if (local && connection.front.options.login(user, password)) return
  throw new AmqpError(
    'access-refused',
    `Login was refused using authentication mechanism ${args.mechanism}. For details see the broker logfile.`,
    { scope: connection.capabilities.authenticationFailureClose ? 'connection' : 'socket' },
  )
}

/** User and password. */
function credentialsOf(mechanism: string, response: string | Uint8Array): [string, string] | null {
  const bytes = Buffer.from(response)
  if (mechanism === 'PLAIN') {
    const parts = bytes.toString('utf8').split('\0')
    return parts.length === 3 ? [parts[1], parts[2]] : null
  }
  if (mechanism !== 'AMQPLAIN') return null
  const table = tableWithoutLength(bytes)
  const login = table.get('LOGIN')
  const password = table.get('PASSWORD')
  if (typeof login?.value !== 'string' || typeof password?.value !== 'string') return null
  return [login.value, password.value]
}

function tableWithoutLength(bytes: Buffer): Table {
  const whole = Buffer.alloc(4 + bytes.length)
  whole.writeUInt32BE(bytes.length)
  bytes.copy(whole, 4)
  return new Reader(whole, 0, whole.length).table()
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1' || address.startsWith('::ffff:127.')
}

/** A client may ask for less than was offered, but not for no limit. */
function takeTuneOk(connection: Connection, args: ArgumentsOf<typeof methods.tuneOk>): void {
  const { channelMax, frameMax, heartbeat } = args
  const offered = connection.front.options
  if (frameMax < FRAME_MIN_SIZE || frameMax > offered.frameMax) throw malformed(`frame-max ${frameMax} can't be had`)
  if (channelMax === 0 || channelMax > offered.channelMax) throw malformed(`channel-max ${channelMax} can't be had`)
  connection.frameMax = frameMax
  connection.channelMax = channelMax
  connection.heartbeat = heartbeat
}

function open(connection: Connection, name: string): void {
  const vhost = connection.broker.vhosts.get(name)
  if (vhost === undefined) throw new AmqpError('not-allowed', `vhost ${name} not found`)
  connection.vhost = vhost
  connection.send(0, methods.openOk, { knownHosts: '' })
}

import { vhostLimit } from '../broker/vhost/limits.ts'
import { userLimit } from '../core/access/user.ts'
import { AmqpError, malformed } from '../wire/amqp/amqp-error.ts'
import { EMPTY_TABLE, tableOf } from '../wire/amqp/field.ts'
import { FRAME_MIN_SIZE } from '../wire/amqp/frame.ts'
import { type ArgumentsOf, decodeArguments } from '../wire/amqp/method.ts'
import { connection as methods } from '../wire/amqp/methods.ts'
import type { Connection } from './connection.ts'
import { type Claim, claimOf, mechanismsOf } from './sasl.ts'

/** The RabbitMQ whose behaviour clients may expect. */
const RABBITMQ_VERSION = '4.3.6'

/** Bytes of a protocol header. */
export const PROTOCOL_HEADER = 8

/** What a client begins with: 0-9-1, or 0-9 in its own notation. */
const KNOWN_HEADERS = ['AMQP\x00\x00\x09\x01', 'AMQP\x01\x01\x00\x09']
const OUR_HEADER = 'AMQP\x00\x00\x09\x01'
/** RabbitMQ offers AMQP 1.0 to who says something else; to who asks for 1.0 we offer what we have. */
const OTHER_HEADER = 'AMQP\x03\x01\x00\x00'
const VERSION_1_HEADERS = ['AMQP\x00\x01\x00\x00', 'AMQP\x03\x01\x00\x00', 'AMQP\x02\x01\x00\x00']

/** Behind a length: the first command of the stream protocol (PeerProperties), in its version 1. */
const STREAM_PROTOCOL = '\x00\x11\x00\x01'

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
  if (header.endsWith(STREAM_PROTOCOL))
    return 'the client speaks the stream protocol, and this is AMQP 0-9-1: streams are read over that, or as topics'
  if (header.startsWith('MQTT', 4) || /^(CONNECT|STOMP)\n/.test(header)) return 'this is MQTT or STOMP, not AMQP'
  return `${JSON.stringify(header)} is not the AMQP 0-9-1 header`
}

/** Where a connection stands before its first channel; 'verify': whether the client is let in is being found out. */
export type HandshakePhase = 'start' | 'verify' | 'tune' | 'open'

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
    mechanisms: mechanismsOf(connection),
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

/** What the client says about itself, and who it claims to be. */
export function takeStartOk(
  connection: Connection,
  key: number,
  bytes: Uint8Array,
  at: number,
  end: number,
): { readonly mechanism: string; readonly claim: Claim } {
  if (key !== methods.startOk.key) throw malformed(`method ${key} is not expected in state start`)
  const args = decodeArguments(methods.startOk, bytes, at, end)
  const capabilities = args.clientProperties.get('capabilities')
  const said = capabilities?.type === 'F' ? capabilities.value : EMPTY_TABLE
  const can = (name: string) => said.get(name)?.value === true
  connection.clientProperties = args.clientProperties
  connection.capabilities = {
    consumerCancelNotify: can('consumer_cancel_notify'),
    connectionBlocked: can('connection.blocked'),
    authenticationFailureClose: can('authentication_failure_close'),
  }
  const claim = claimOf(connection, args.mechanism, args.response)
  connection.user = claim.user
  return { mechanism: args.mechanism, claim }
}

/** After the log-in: what the connection may use. */
export function sendTune(connection: Connection): void {
  const { channelMax, frameMax, heartbeat } = connection.front.options
  connection.send(0, methods.tune, { channelMax, frameMax, heartbeat })
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

/** In RabbitMQ's order. */
function open(connection: Connection, name: string): void {
  const { broker, user } = connection
  const { access, connections } = broker
  const vhost = broker.vhosts.get(name)
  if (vhost === undefined) throw new AmqpError('not-allowed', `vhost ${name} not found`)
  const room = vhostLimit(broker, name, 'max-connections')
  if (connections.inVHost(name) >= room) {
    const text = `access to vhost '${name}' refused for user '${user}': connection limit (${room}) is reached`
    throw new AmqpError('not-allowed', text)
  }
  const account = access.user(user)
  const most = account === undefined ? 0 : userLimit(account, 'max-connections')
  if (connections.ofUser(user) >= most) {
    const text = `connection refused for user '${user}': user connection limit (${most}) is reached`
    throw new AmqpError('not-allowed', text)
  }
  requireVHost(connection, name)
  connection.enter(vhost)
  connection.send(0, methods.openOk, { knownHosts: '' })
}

/** Whether the user may use the vhost at all: asked when it is opened, and when the client has a new secret. */
export function requireVHost({ broker, user }: Connection, vhost: string): void {
  if (broker.access.permissions.hasVHost(user, vhost)) return
  throw new AmqpError('not-allowed', `access to vhost '${vhost}' refused for user '${user}'`)
}

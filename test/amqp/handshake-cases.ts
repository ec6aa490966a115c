import { connection } from '../../src/wire/amqp/methods.ts'
import { type Login, PROTOCOL, type RawClient } from './raw-client.ts'
import type { Case } from './reply-cases.ts'

async function startTo(client: RawClient, login: Login = {}): Promise<void> {
  client.raw(PROTOCOL)
  await client.expect(connection.start)
  client.startOk(login)
}

const tunes = (name: string, tune: NonNullable<Login['tune']>): Case => ({
  name,
  login: false,
  probe: false,
  async run(client) {
    await startTo(client)
    await client.expect(connection.tune)
    client.send(0, connection.tuneOk, tune)
    client.send(0, connection.open, { virtualHost: '/', capabilities: '', insist: false })
  },
})

const refusedLogin = (name: string, login: Login): Case => ({
  name,
  login: false,
  probe: false,
  run: (client) => startTo(client, login),
})

/** Cases before there is a channel. */
export const HANDSHAKE_CASES: readonly Case[] = [
  {
    name: 'connection.open, no such vhost',
    login: false,
    probe: false,
    async run(client) {
      await startTo(client)
      const tune = await client.expect(connection.tune)
      client.send(0, connection.tuneOk, tune)
      client.send(0, connection.open, { virtualHost: 'nope', capabilities: '', insist: false })
    },
  },
  refusedLogin('wrong password (client says authentication_failure_close)', { response: '\0guest\0wrong' }),
  refusedLogin('wrong password (client lacks that capability)', { response: '\0guest\0wrong', capabilities: {} }),
  refusedLogin('unknown SASL mechanism', { mechanism: 'X-NOPE' }),
  refusedLogin('malformed PLAIN response', { response: 'guest' }),
  tunes('tune-ok frame-max 100 (below 8192)', { channelMax: 2047, frameMax: 100, heartbeat: 0 }),
  tunes("tune-ok frame-max above the server's", { channelMax: 2047, frameMax: 200_000, heartbeat: 0 }),
  tunes('tune-ok frame-max 0 (no limit)', { channelMax: 2047, frameMax: 0, heartbeat: 0 }),
  tunes("tune-ok channel-max above the server's", { channelMax: 3000, frameMax: 131_072, heartbeat: 0 }),
  tunes('tune-ok channel-max 0 (no limit)', { channelMax: 0, frameMax: 131_072, heartbeat: 0 }),
  {
    name: 'protocol header AMQP 0 0 8 0',
    login: false,
    probe: false,
    run: (client) => client.raw('AMQP\x00\x00\x08\x00'),
  },
  {
    name: 'protocol header GET / HTTP/1.1',
    login: false,
    probe: false,
    run: (client) => client.raw('GET / HTTP/1.1\r\n\r\n'),
  },
  {
    name: 'connection.open before start-ok',
    login: false,
    probe: false,
    async run(client) {
      client.raw(PROTOCOL)
      await client.expect(connection.start)
      client.send(0, connection.open, { virtualHost: '/', capabilities: '', insist: false })
    },
  },
]

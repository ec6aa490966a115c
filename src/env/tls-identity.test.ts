import assert from 'node:assert/strict'
import { once } from 'node:events'
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { createConnection, type Socket as TcpSocket } from 'node:net'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { Authority, type Certificate } from '../../test/certificates.ts'
import { Arena } from '../std/arena.ts'
import type { Listener, Socket } from './net.ts'
import { NodeNet } from './node-net.ts'
import { namesOf } from './peer-certificate.ts'
import { type ClientAuth, TlsIdentity } from './tls-identity.ts'

const authority = new Authority()
const stranger = new Authority('Another Authority')
const server = authority.sign('/CN=localhost')
const client = authority.sign('/C=DE/O=Example, Ltd./OU=shop/CN=orders')
after(() => {
  authority.remove()
  stranger.remove()
})

const arena = new Arena(4 * 2 ** 20)
const net = new NodeNet({ arena })

/** A listener that answers everything with itself, and what it got to know of its clients. */
async function echo(clientAuth: ClientAuth, files: Certificate, minVersion: 'TLSv1.2' | 'TLSv1.3' = 'TLSv1.2') {
  const identity = new TlsIdentity({ ...files, passphrase: null, ca: authority.ca, minVersion })
  const accepted: Socket[] = []
  const listener = await new Promise<Listener>((resolve, reject) =>
    net.listen(
      { host: '127.0.0.1', port: 0, tls: { identity, clientAuth } },
      (socket) => {
        accepted.push(socket)
        return {
          input: (start, end) => {
            socket.write(arena.bytes.slice(start, end))
            return end
          },
          drained: () => {},
          closed: () => {},
        }
      },
      (error, opened) => (error === null ? resolve(opened!) : reject(error)),
    ),
  )
  return { identity, accepted, listener }
}

function dial(port: number, options: ConnectionOptions = {}): TLSSocket {
  return connect({ port, host: '127.0.0.1', ca: readFileSync(authority.ca), servername: 'localhost', ...options })
}

const shown = ({ certificate, key }: Certificate) => ({ cert: readFileSync(certificate), key: readFileSync(key) })

/** Resolves when the connection has ended, however it did. */
function gone(socket: TcpSocket): Promise<void> {
  socket.on('error', () => {})
  return new Promise((resolve) => socket.once('close', () => resolve()))
}

async function says(socket: TLSSocket, text: string): Promise<string> {
  socket.write(text)
  const [answer] = await once(socket, 'data')
  return String(answer)
}

test('what comes encrypted is seen in plain, and goes out encrypted', async () => {
  const { listener, accepted } = await echo('none', server)
  const socket = dial(listener.port)
  assert.equal(await says(socket, 'hello'), 'hello')
  const large = 'x'.repeat(200_000)
  let back = ''
  socket.on('data', (bytes) => {
    back += bytes
    if (back.length === large.length) socket.end()
  })
  socket.write(large)
  await once(socket, 'close')
  assert.equal(back, large)
  assert.equal(accepted[0]!.peerCertificate, null)
  listener.close(() => {})
})

test('a client is known by its certificate', async () => {
  const { listener, accepted } = await echo('required', server)
  const socket = dial(listener.port, shown(client))
  assert.equal(await says(socket, 'it is me'), 'it is me')
  assert.deepEqual(accepted[0]!.peerCertificate, {
    distinguishedName: 'CN=orders,OU=shop,O=Example\\, Ltd.,C=DE',
    commonName: 'orders',
  })
  socket.destroy()
  listener.close(() => {})
})

for (const clientAuth of ['request', 'required'] as const) {
  test(`a certificate that nobody knows is refused where one is ${clientAuth}`, async () => {
    const { listener, accepted } = await echo(clientAuth, server)
    const socket = dial(listener.port, shown(stranger.sign('/CN=orders')))
    await gone(socket)
    assert.equal(accepted.length, 0)
    listener.close(() => {})
  })
}

test('without a certificate a client gets in where one is asked for, and does not where one is demanded', async () => {
  const asking = await echo('request', server)
  const socket = dial(asking.listener.port)
  assert.equal(await says(socket, 'nobody'), 'nobody')
  assert.equal(asking.accepted[0]!.peerCertificate, null)
  socket.destroy()
  const demanding = await echo('required', server)
  const refused = dial(demanding.listener.port)
  await gone(refused)
  assert.equal(demanding.accepted.length, 0)
  asking.listener.close(() => {})
  demanding.listener.close(() => {})
})

test('an older version than the oldest allowed one is refused', async () => {
  const { listener } = await echo('none', server, 'TLSv1.3')
  const socket = dial(listener.port, { maxVersion: 'TLSv1.2' })
  const [error] = await once(socket, 'error')
  assert.match(String(error), /protocol version/)
  listener.close(() => {})
})

test('who speaks plain to a TLS listener loses the connection, and nobody else does', async () => {
  const { listener } = await echo('none', server)
  const rude = createConnection(listener.port, '127.0.0.1')
  rude.write('AMQP\0\0\x09\x01')
  await gone(rude)
  const socket = dial(listener.port)
  assert.equal(await says(socket, 'still there'), 'still there')
  socket.destroy()
  listener.close(() => {})
})

test('a new certificate is shown to new connections, and those that are there stay', async () => {
  const files = { certificate: join(authority.folder, 'live.pem'), key: join(authority.folder, 'live.key') }
  const put = (from: Certificate) => {
    copyFileSync(from.certificate, files.certificate)
    copyFileSync(from.key, files.key)
  }
  put(server)
  const { identity, listener } = await echo('none', files)
  const old = dial(listener.port)
  assert.equal(await says(old, 'old'), 'old')
  assert.equal(old.getPeerCertificate().subject.CN, 'localhost')
  put(authority.sign('/CN=renewed'))
  assert.equal(identity.reload(), null)
  const fresh = dial(listener.port)
  assert.equal(await says(fresh, 'new'), 'new')
  assert.equal(fresh.getPeerCertificate().subject.CN, 'renewed')
  assert.equal(await says(old, 'still'), 'still')

  writeFileSync(files.key, 'nonsense')
  assert.ok(identity.reload() instanceof Error)
  const later = dial(listener.port)
  assert.equal(await says(later, 'later'), 'later')
  for (const socket of [old, fresh, later]) socket.destroy()
  listener.close(() => {})
})

test('files that change are noticed', async () => {
  const files = { certificate: join(authority.folder, 'seen.pem'), key: join(authority.folder, 'seen.key') }
  copyFileSync(server.certificate, files.certificate)
  copyFileSync(server.key, files.key)
  // Its listener keeps the process while nothing happens.
  const { identity, listener } = await echo('none', files)
  const noticed = new Promise<Error | null>((resolve) => identity.watch(resolve, 20))
  const renewed = authority.sign('/CN=renewed')
  copyFileSync(renewed.key, files.key)
  copyFileSync(renewed.certificate, files.certificate)
  await noticed
  identity.unwatch()
  assert.equal(identity.reload(), null)
  listener.close(() => {})
})

test('names are written as RFC 2253 says', () => {
  assert.deepEqual(namesOf('C=DE\nO=Example + OU=shop\nCN=one\nCN=two\n'), {
    distinguishedName: 'CN=two,CN=one,O=Example+OU=shop,C=DE',
    commonName: 'two',
  })
  assert.deepEqual(namesOf('O=Example\nemailAddress=a@b.c'), {
    distinguishedName: '1.2.840.113549.1.9.1=#1605614062 2e63,O=Example'.replace(' ', ''),
    commonName: null,
  })
})

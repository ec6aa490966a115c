import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, before, test } from 'node:test'
import { RegistryRig, record } from './rig.ts'

let rig: RegistryRig

before(async () => {
  rig = await RegistryRig.open()
  await rig.register('there', record('x'))
})
after(() => rig.stop())

/** Sends bytes as they are, and tells all that came back before the connection ended. */
function raw(bytes: string | Buffer, end = true): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(rig.url).port), '127.0.0.1')
    let told = ''
    socket.setEncoding('latin1')
    socket.on('data', (text: string) => {
      told += text
      if (!end && told.includes('\r\n\r\n')) socket.destroy()
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(told))
    socket.write(bytes)
  })
}

const BAD: readonly (readonly [what: string, bytes: string | Buffer, answer: RegExp])[] = [
  ['another protocol', Buffer.from('AMQP\0\0\x09\x01', 'latin1'), /^HTTP\/1.1 400 /],
  ['no request', 'nonsense\r\n\r\n', /^HTTP\/1.1 400 /],
  ['headers that are too long', `GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`, /^HTTP\/1.1 4\d\d /],
  [
    'two lengths',
    'POST /subjects HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab',
    /^HTTP\/1.1 400 /,
  ],
  [
    'a length and chunks',
    'POST /subjects HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    /^HTTP\/1.1 400 /,
  ],
  [
    'a length that is too much',
    'POST /subjects/a/versions HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999\r\n\r\n',
    /^HTTP\/1.1 413 /,
  ],
]

for (const [what, bytes, answer] of BAD) {
  test(`${what} costs that connection, and nobody else`, async () => {
    assert.match(await raw(bytes), answer)
    assert.deepEqual((await rig.request('GET', '/subjects')).body, ['there'])
  })
}

test('a client that goes in the middle of a body leaves nothing behind', async () => {
  const socket = connect(Number(new URL(rig.url).port), '127.0.0.1')
  await new Promise((done) => socket.once('connect', done))
  socket.write('POST /subjects/a/versions HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\nhalf of it')
  socket.destroy()
  assert.deepEqual((await rig.request('GET', '/subjects')).body, ['there'])
})

test('paths and names that are no UTF-8, or escape nothing, are answered', async () => {
  for (const path of [
    '/subjects/%ff/versions',
    '/subjects/%/versions',
    '/subjects/%2F..%2F/versions',

    '/%2e%2e',
  ]) {
    const told = await raw(`GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`)
    assert.match(told, /^HTTP\/1.1 4\d\d /, path)
  }
})

test('names with slashes, spaces and dots are names', async () => {
  for (const subject of ['a/b', 'a b', 'a%2Fb', 'ä.ö', '?']) {
    const id = await rig.register(subject, record('n'))
    const path = `/subjects/${encodeURIComponent(subject)}/versions/latest`
    assert.equal((await rig.request('GET', path)).body.id, id, subject)
    assert.ok((await rig.request('GET', '/subjects')).body.includes(subject))
  }
})

test('requests that come together are answered in their order', async () => {
  const get = (path: string) => `GET ${path} HTTP/1.1\r\nhost: x\r\n`
  const told = await raw(`${get('/schemas/types')}\r\n${get('/mode')}\r\n${get('/nothing')}connection: close\r\n\r\n`)
  assert.match(told, /\["JSON","AVRO"\].*READWRITE.*"error_code":404/s)
})

test('a schema that is nested too deeply, or compares too long, is refused', async () => {
  const deep = (n: number): object => (n === 0 ? { type: 'string' } : { type: 'array', items: deep(n - 1) })
  const body = { schema: JSON.stringify(deep(1000)) }
  assert.equal((await rig.request('POST', '/subjects/deep/versions', body)).body.error_code, 42201)
})

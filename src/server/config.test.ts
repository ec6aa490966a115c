import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { type ConfigSources, readConfig } from './config.ts'
import { environmentName, flagName, SETTINGS } from './settings.ts'
import { VERSION } from './version.ts'

const folder = mkdtempSync(join(tmpdir(), 'posthorn-config-'))
after(() => rmSync(folder, { recursive: true }))

function read(given: Partial<ConfigSources>) {
  return readConfig({ file: null, environment: {}, flags: {}, listen: [], advertise: [], ...given })
}

function file(content: unknown): string {
  const path = join(folder, 'posthorn.json')
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

test('without any settings it listens on loopback for both protocols and for HTTP, which it can do without', () => {
  const { listeners, values } = read({})
  assert.deepEqual(
    listeners.map(({ name, host, port, spare }) => [name, host, port, spare]),
    [
      ['amqp', '127.0.0.1', 5672, false],
      ['kafka', '127.0.0.1', 9092, false],
      ['http', '127.0.0.1', 8081, true],
    ],
  )
  assert.equal(values.data, './data')
})

test('flags win over the environment, the environment over the file', () => {
  const path = file({ memory: '128MiB', kafka: { numPartitions: 2 }, 'log.level': 'debug' })
  const environment = { POSTHORN_KAFKA_NUM_PARTITIONS: '3', POSTHORN_MEMORY: '256MiB' }
  const { values } = read({ file: path, environment, flags: { memory: '1GiB' } })
  assert.equal(values.memory, 2 ** 30)
  assert.equal(values['kafka.numPartitions'], 3)
  assert.equal(values['log.level'], 'debug')
})

test('a wrong key or value is an error that names it and where it stands', () => {
  assert.throws(
    () => read({ file: file({ kafka: { partitions: 2 } }) }),
    /posthorn\.json: unknown key 'kafka\.partitions'; known are/,
  )
  assert.throws(
    () => read({ file: file({ memory: 'lots' }) }),
    /posthorn\.json: 'memory' must be a size such as .* but is "lots"/,
  )
  assert.throws(() => read({ file: file('{') }), /posthorn\.json: can't be read as JSON/)
  assert.throws(
    () => read({ environment: { POSTHORN_DURABILITY: 'never' } }),
    /POSTHORN_DURABILITY: 'durability' must be one of fsync, os/,
  )
  assert.throws(() => read({ environment: { POSTHORN_DATE: 'x' } }), /unknown environment variable POSTHORN_DATE/)
  assert.throws(
    () => read({ flags: { 'kafka-num-partitions': '0' } }),
    /--kafka-num-partitions: .* between 1 and 10000/,
  )
  assert.throws(() => read({ flags: { 'journal-ring': '3MiB' } }), /'journal.ring' must be a power of two/)
})

test('listeners are named, and told what to advertise', () => {
  const { listeners } = read({
    listen: ['kafka://127.0.0.1:0', 'inner=kafka://127.0.0.1:9093'],
    advertise: ['inner=broker.example:19093'],
  })
  const { name, protocol, host, port, advertised } = listeners[0]
  assert.deepEqual([name, protocol, host, port, advertised], ['kafka', 'kafka', '127.0.0.1', 0, null])
  assert.deepEqual(listeners[1].advertised, { host: 'broker.example', port: 19093 })
  assert.throws(() => read({ listen: ['amqp://127.0.0.1:1', 'amqp://127.0.0.1:2'] }), /two listeners are named 'amqp'/)
  assert.throws(() => read({ advertise: ['mqtt=x:1'] }), /there is no listener 'mqtt'/)
  assert.throws(() => read({ listen: ['mqtt://127.0.0.1:1'] }), /unknown protocol 'mqtt'/)
  assert.throws(() => read({ listen: ['amqp://127.0.0.1:70000'] }), /ports end at 65535/)
})

test('listeners may be encrypted, and ask for certificates', () => {
  const flags = { 'tls-certificate': 'c.pem', 'tls-key': 'k.pem', 'tls-ca': 'a.pem', 'tls-client-auth': 'request' }
  const { listeners } = read({
    listen: ['amqps://127.0.0.1:1', 'kafkas://127.0.0.1:2?clientAuth=required', 'kafka://127.0.0.1:3'],
    flags,
  })
  assert.deepEqual(
    listeners.map(({ name, protocol, tls, clientAuth }) => [name, protocol, tls, clientAuth]),
    [
      ['amqps', 'amqp', true, 'request'],
      ['kafkas', 'kafka', true, 'required'],
      ['kafka', 'kafka', false, 'none'],
    ],
  )
  assert.throws(() => read({ listen: ['amqps://127.0.0.1:1'] }), /'amqps' is encrypted: that takes a certificate/)
  assert.throws(
    () => read({ listen: ['kafkas://127.0.0.1:1?clientAuth=required'], flags: { ...flags, 'tls-ca': undefined } }),
    /asks for clients' certificates: that takes the authorities/,
  )
  assert.throws(() => read({ listen: ['kafkas://127.0.0.1:1?clientAuth=maybe'], flags }), /must have clientAuth=none/)
  assert.throws(() => read({ listen: ['kafka://127.0.0.1:1?clientAuth=none'] }), /is not encrypted/)
  assert.throws(() => read({ listen: ['kafka://127.0.0.1:1?tls'] }), /unknown option 'tls'/)
})

test('listening beyond loopback has to be allowed, unless it is encrypted and asks who is there', () => {
  assert.throws(() => read({ listen: ['amqp://0.0.0.0:5672'] }), /can be reached from other machines.*--insecure/)
  assert.equal(read({ listen: ['amqp://0.0.0.0:5672'], flags: { insecure: true } }).listeners.length, 1)
  const flags = { 'tls-certificate': 'c.pem', 'tls-key': 'k.pem', 'tls-ca': 'a.pem' }
  assert.throws(() => read({ listen: ['kafkas://0.0.0.0:9093'], flags }), /asks nobody who he is/)
  assert.equal(
    read({ listen: ['amqps://0.0.0.0:1', 'kafkas://0.0.0.0:2?clientAuth=required'], flags }).listeners.length,
    2,
  )
})

test('docs/configuration.md tells every setting with its default, variable and flag', () => {
  const docs = readFileSync(new URL('../../../docs/configuration.md', import.meta.url), 'utf8').replace(/ +/g, ' ')
  for (const setting of SETTINGS) {
    const row =
      `| \`${setting.key}\` | \`${environmentName(setting.key)}\` | \`--${flagName(setting.key)}\` | ${setting.default} | ${setting.about} |`.replace(
        / +/g,
        ' ',
      )
    assert.ok(docs.includes(row), `the row is missing or another: ${row}`)
  }
})

test('the version is that of the package', () => {
  assert.equal(VERSION, JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')).version)
})

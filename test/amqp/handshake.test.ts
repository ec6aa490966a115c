import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { explainHeader } from '../../src/amqp/handshake.ts'
import { tableOf } from '../../src/wire/amqp/field.ts'
import { basic, connection } from '../../src/wire/amqp/methods.ts'
import { Writer } from '../../src/wire/amqp/writer.ts'
import { openTarget, type Target } from './broker-for-test.ts'
import { PROTOCOL, RawClient } from './raw-client.ts'

describe('the handshake', () => {
  let target: Target
  let client: RawClient
  before(async () => {
    target = await openTarget()
  })
  after(() => target.stop())

  const connect = () => {
    client = new RawClient(target.host, target.port)
  }
  const closing = async (use: () => Promise<void>) => {
    connect()
    try {
      await use()
    } finally {
      await client.close()
    }
  }

  it('the server says what it can do, as RabbitMQ does', () =>
    closing(async () => {
      client.raw(PROTOCOL)
      const start = await client.expect(connection.start)
      const capabilities = start.serverProperties.get('capabilities')
      assert.ok(capabilities?.type === 'F')
      const all = [
        'publisher_confirms',
        'exchange_exchange_bindings',
        'basic.nack',
        'consumer_cancel_notify',
        'connection.blocked',
        'consumer_priorities',
        'authentication_failure_close',
        'per_consumer_qos',
        'direct_reply_to',
      ]
      assert.deepEqual([...capabilities.value.keys()], all)
      assert.equal(start.serverProperties.get('version')?.value, '4.3.6')
      assert.deepEqual(`${start.mechanisms} ${start.locales}`, 'PLAIN AMQPLAIN en_US')
    }))

  it('AMQPLAIN carries user and password in a table without its length', () =>
    closing(async () => {
      const writer = new Writer()
      writer.table(tableOf({ LOGIN: 'guest', PASSWORD: 'guest' }))
      const response = Buffer.from(writer.written().subarray(4)).toString('latin1')
      await client.open({ mechanism: 'AMQPLAIN', response })
    }))

  it('the header of 0-9 is understood as well', () =>
    closing(async () => {
      client.raw('AMQP\x01\x01\x00\x09')
      await client.expect(connection.start)
    }))

  it('who asks for AMQP 1.0 is told what there is', () =>
    closing(async () => {
      client.raw('AMQP\x00\x01\x00\x00')
      const heard = await client.next()
      assert.ok(heard.kind === 'protocol')
      assert.equal(heard.header.toString('latin1'), PROTOCOL)
      assert.equal((await client.next()).kind, 'end')
    }))

  it('who speaks something else is told what there is, and the operator what that was', () =>
    closing(async () => {
      const headers = {
        'AMQP\x00\x01\x00\x00': 'the client speaks AMQP 1.0, and this is 0-9-1',
        'AMQP\x03\x01\x00\x00': 'the client speaks AMQP 1.0, and this is 0-9-1',
        '\x00\x00\x00\x1e\x00\x11\x00\x01': /speaks the stream protocol/,
        '\x10\x10\x00\x04MQTT': /^this is MQTT or STOMP/,
        'CONNECT\n': /^this is MQTT or STOMP/,
        'GET / HT': 'this is HTTP, not AMQP',
      }
      for (const [header, told] of Object.entries(headers)) {
        if (typeof told === 'string') assert.equal(explainHeader(header), told)
        else assert.match(explainHeader(header), told)
        const other = new RawClient(target.host, target.port)
        other.raw(Buffer.from(header, 'latin1'))
        assert.equal((await other.next()).kind, 'protocol')
        assert.equal((await other.next()).kind, 'end')
      }
      connect()
    }))

  it('a frame larger than was agreed on is refused, also in a message that comes in one piece', () =>
    closing(async () => {
      const frameMax = 8192
      await client.open({ tune: { channelMax: 100, frameMax, heartbeat: 0 } })
      await client.openChannel(1)
      // RabbitMQ forgives the 8 bytes that frames have around their payload.
      client.publish(1, '', 'nowhere', {}, 'x'.repeat(frameMax))
      await client.expect(basic.return)
      for (let left = frameMax; left > 0; ) {
        const heard = await client.next()
        if (heard.kind === 'frame' && heard.type === 3) left -= heard.payload.length
      }
      client.publish(1, '', 'nowhere', {}, 'x'.repeat(frameMax + 1))
      assert.equal((await client.expect(connection.close)).replyCode, 501)
    }))

  it('connection.close is answered, and what follows is not heard', () =>
    closing(async () => {
      await client.open()
      client.send(0, connection.close, { replyCode: 200, replyText: 'bye', classId: 0, methodId: 0 })
      client.frame(9, 9, Buffer.from('garbage'))
      await client.expect(connection.closeOk)
      assert.equal((await client.next()).kind, 'end')
    }))

  it('update-secret is answered', () =>
    closing(async () => {
      await client.open()
      client.send(0, connection.updateSecret, { newSecret: 'x', reason: '' })
      await client.expect(connection.updateSecretOk)
    }))
})

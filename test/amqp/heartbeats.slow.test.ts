import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { openTarget, type Target } from './broker-for-test.ts'
import { RawClient } from './raw-client.ts'

describe('heartbeats', { concurrency: 3 }, () => {
  let target: Target
  before(async () => {
    target = await openTarget()
  })
  after(() => target.stop())

  const beating = async () => {
    const client = new RawClient(target.host, target.port)
    await client.open({ tune: { channelMax: 10, frameMax: 131_072, heartbeat: 1 } })
    return client
  }

  it('a client that falls silent is cut off after two intervals, having got heartbeats meanwhile', async () => {
    const client = await beating()
    const began = performance.now()
    let beats = 0
    for (;;) {
      const heard = await client.next()
      if (heard.kind === 'end') break
      assert.ok(heard.kind === 'frame' && heard.type === 8 && heard.channel === 0)
      beats++
    }
    const elapsed = performance.now() - began
    assert.ok(elapsed > 1900 && elapsed < 4000, `it took ${elapsed} ms`)
    assert.ok(beats >= 2, `${beats} heartbeats`)
    await client.close()
  })

  it('a client that sends heartbeats stays', async () => {
    const client = await beating()
    for (let beats = 0; beats < 8; beats++) {
      const heard = await client.next()
      assert.ok(heard.kind === 'frame' && heard.type === 8)
      client.frame(8, 0, new Uint8Array(0))
    }
    await client.openChannel(1)
    await client.close()
  })
})

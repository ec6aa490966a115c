import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { readConfig } from './config.ts'
import type { Log } from './log.ts'
import { start } from './start.ts'

test('where another program has the port of a listener that nobody asked for, the broker serves without it; one that was asked for has to be had', async () => {
  const other = createServer()
  await new Promise<void>((done) => other.listen(0, '127.0.0.1', done))
  const { port } = other.address() as AddressInfo
  const data = mkdtempSync(join(tmpdir(), 'posthorn-start-'))
  const listen = ['amqp://127.0.0.1:0', `http://127.0.0.1:${port}`]
  const config = readConfig({
    file: null,
    environment: {},
    flags: { data, 'journal-ring': '4MiB' },
    listen,
    advertise: [],
  })
  const said: string[] = []
  const say = (_: object, text: string) => said.push(text)
  const log: Log = { error: say, warn: say, info: () => {}, debug: () => {} }
  await assert.rejects(
    start(config, log, () => {}),
    /can't listen on 127\.0\.0\.1:\d+ for 'http': the port is in use/,
  )
  const listeners = config.listeners.map((one) => ({ ...one, spare: one.protocol === 'http' }))
  let stopped = () => {}
  const ended = new Promise<void>((done) => {
    stopped = done
  })
  const running = await start({ ...config, listeners }, log, () => stopped())
  assert.deepEqual(
    running.listeners.map(({ protocol }) => protocol),
    ['amqp'],
  )
  assert.match(said.join('\n'), /'http': the port is in use.*; the broker serves without it/)
  running.stop('the test is over')
  await ended
  other.close()
  rmSync(data, { recursive: true })
})

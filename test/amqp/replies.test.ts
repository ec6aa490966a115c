import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { basic, channel, connection, METHODS } from '../../src/wire/amqp/methods.ts'
import { ACCESS_CASES } from './access-cases.ts'
import { openTarget, type Target } from './broker-for-test.ts'
import { FURTHER_CASES } from './further-cases.ts'
import { HANDSHAKE_CASES } from './handshake-cases.ts'
import { type Heard, RawClient } from './raw-client.ts'
import { CASES, type Case } from './reply-cases.ts'
import { TOPOLOGY_CASES } from './topology-cases.ts'

const file = join(process.env.POSTHORN_SHARED ?? '../shared', 'specs/rabbitmq/replies.json')
const skip = existsSync(file) ? false : `what RabbitMQ answers is not at ${file}`

interface Recorded {
  readonly case: string
  readonly scope: 'channel' | 'connection' | 'return' | 'ok'
  readonly code: number
  readonly text: string
  readonly method?: string
}

type Answer = Omit<Recorded, 'case'>

const GENERATED = /amq\.(gen|ctag)-[A-Za-z0-9_-]{22}/
/** What is answered otherwise on purpose. */
const OTHERWISE = ['exchange.declare type x-delayed-message without the plugin']

/** What the product says of itself, and whom it lets log in by default. */
const OWN = /"server-properties":\{.*\},"mechanisms":"[^"]*"/

const SHAPE = '<22 characters of base64url>'

/** What the broker answers to a case: the first close or return, or else the last reply. */
async function provoke(target: Target, one: Case): Promise<Answer> {
  await one.prepare?.(target)
  const client = new RawClient(target.host, target.port)
  try {
    if (one.login !== false) {
      await client.open(one.login ?? {})
      await client.openChannel(1)
    }
    await one.run(client, target)
    return await listen(client, one)
  } finally {
    await client.close()
  }
}

async function listen(client: RawClient, one: Case): Promise<Answer> {
  let last = '(nothing comes back)'
  if (one.probe !== false) client.send(1, basic.qos, { prefetchSize: 0, prefetchCount: 7, global: true })
  for (;;) {
    const heard = await client.next()
    if (heard.kind === 'protocol') {
      last = `(protocol header AMQP ${heard.header.subarray(4).join(' ')}, then the socket closes)`
    } else if (heard.kind === 'end') {
      const text = last.startsWith('(protocol') ? last : '(the server closes the socket without a frame)'
      return { scope: 'connection', code: 0, text }
    } else if (heard.kind === 'method') {
      const end = ending(heard)
      if (end !== null) return end
      if (heard.method.key === basic.qosOk.key && one.probe !== false) return { scope: 'ok', code: 0, text: last }
      last = `${heard.method.name} ${JSON.stringify(hyphenated(heard.args))}`.replace(GENERATED, `amq.$1-${SHAPE}`)
      if (one.probe === false) return { scope: 'ok', code: 0, text: last }
    }
  }
}

function ending(heard: Heard & { kind: 'method' }): Answer | null {
  const { method, args } = heard
  if (method.key === basic.return.key) {
    return { scope: 'return', code: Number(args.replyCode), text: String(args.replyText) }
  }
  if (method.key !== channel.close.key && method.key !== connection.close.key) return null
  const key = Number(args.classId) * 0x10000 + Number(args.methodId)
  return {
    scope: method.key === channel.close.key ? 'channel' : 'connection',
    code: Number(args.replyCode),
    text: String(args.replyText),
    method: METHODS.get(key)?.name ?? 'none',
  }
}

function hyphenated(args: Record<string, unknown>): Record<string, unknown> {
  const entries = Object.entries(args)
  return Object.fromEntries(
    entries.map(([key, value]) => [key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`), value]),
  )
}

describe('what RabbitMQ answers to each case', { skip, concurrency: 1 }, () => {
  let target: Target
  const recorded = new Map<string, Recorded>()
  before(async () => {
    target = await openTarget()
    for (const one of JSON.parse(readFileSync(file, 'utf8')) as Recorded[]) recorded.set(one.case, one)
  })
  after(() => target.stop())

  const played = [...CASES, ...HANDSHAKE_CASES, ...TOPOLOGY_CASES, ...ACCESS_CASES, ...FURTHER_CASES]
  it('every case that is recorded is played', () => {
    const names = new Set([...played.map(({ name }) => name), ...OTHERWISE])
    assert.deepEqual(
      [...recorded.keys()].filter((name) => !names.has(name)),
      [],
    )
  })

  for (const one of played) {
    it(one.name, { timeout: 10_000 }, async () => {
      const expected = recorded.get(one.name)
      assert.ok(expected !== undefined, 'this case is recorded')
      const { case: _, ...answer } = expected
      const came = await provoke(target, one)
      assert.deepEqual({ ...came, text: came.text.replace(OWN, '') }, { ...answer, text: answer.text.replace(OWN, '') })
    })
  }
})

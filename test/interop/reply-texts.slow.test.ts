import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { before, suite, test } from 'node:test'
import { ROOT } from './broker-process.ts'
import { missingPython, PYTHON, succeed } from './script.ts'
import { targetOf } from './target.ts'

const { skip, target } = targetOf('amqp')
const file = join(resolve(ROOT, process.env.POSTHORN_SHARED ?? '../shared'), 'specs/rabbitmq/reply-texts-4.3.6.txt')
const recorded = existsSync(file) ? read(readFileSync(file, 'utf8')) : new Map<string, string>()
const unknown = recorded.size > 0 ? false : `what RabbitMQ's reply texts are is not at ${file}`

/** They prepare the others, or tell of the product. */
const NOT_PLAYED = ['setup', 'cleanup', 'server-properties']

/** `name: text`; lines that begin otherwise go on with the one before, but deliveries come before what became of them. */
function read(text: string): Map<string, string> {
  const cases = new Map<string, string>()
  let deliveries = ''
  let name = ''
  for (const line of text.trimEnd().split('\n')) {
    const begins = /^([a-z0-9_-]+): (.*)$/.exec(line)
    if (line.startsWith('  delivery')) deliveries += `${line}\n`
    else if (begins === null) cases.set(name, `${cases.get(name)}\n${line}`)
    else {
      name = begins[1]!
      cases.set(name, deliveries + begins[2]!)
      deliveries = ''
    }
  }
  return cases
}

/** Releases of pika differ in whether they tell the address, and whether a long is written as one. */
const plain = (text: string | undefined) =>
  text?.replace(/,? ?\(host='[^']*', port=\d+\)/g, '').replace(/: (\d+)L\b/g, ': $1')

suite("RabbitMQ's reply texts, by pika", { skip: skip || unknown || missingPython(), timeout: 120_000 }, () => {
  let said = new Map<string, string>()
  before(async () => {
    const { host, port } = target()
    const script = join(ROOT, 'test/interop/python/reply_texts.py')
    said = read(await succeed(PYTHON, [script, host, String(port)], { timeoutMs: 100_000 }))
  })

  for (const [name, text] of recorded) {
    if (!NOT_PLAYED.includes(name)) test(name, () => assert.equal(plain(said.get(name)), plain(text)))
  }
})

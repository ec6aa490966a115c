import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { connect } from 'amqplib'
import { gather, PROGRAM, ROOT, type Said, startBroker } from './broker-process.ts'
import { run, succeed } from './script.ts'
import { controlled } from './target.ts'

const README = readFileSync(join(ROOT, 'README.md'), 'utf8')
const START_MS = 60_000
const STOP_MS = 5000

const NOT_COPIED = new Set(['.git', 'node_modules', 'dist', 'build', 'data'])

/** The project without what was built, in a directory of its own: `npm start` builds, which takes the program away from the other tests for a moment. */
function checkOut(directory: string): string {
  const checkout = join(directory, 'checkout')
  const filter = (name: string) => !NOT_COPIED.has(relative(ROOT, name))
  cpSync(ROOT, checkout, { recursive: true, filter })
  symlinkSync(join(ROOT, 'node_modules'), join(checkout, 'node_modules'))
  return checkout
}

/** The first block of that language in the README that has `part` in it. */
function block(language: string, part: string): string {
  const blocks = [...README.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)]
  const found = blocks.find(([, of, text]) => of === language && text!.includes(part))
  assert.ok(found, `the README has a ${language} block with ${part}`)
  return found[2]!
}

suite('first steps', { skip: controlled && 'it is about our own process', timeout: 180_000 }, () => {
  let directory: string
  let checkout: string
  const environment = () => ({ ...process.env, POSTHORN_DATA: join(directory, 'data') })

  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'posthorn-first-'))
    checkout = checkOut(directory)
  })
  after(() => rmSync(directory, { recursive: true, force: true }))

  /** What the README says to type, as a process group of its own; the modules are there already. */
  const npmStart = async (): Promise<{ child: ChildProcess; banner: string; err: Said }> => {
    const command = block('sh', 'npm start').trim().replace('npm ci && ', '')
    const child = spawn('sh', ['-c', command], {
      cwd: checkout,
      env: environment(),
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const { out, err } = gather(child)
    const banner = await out.until(/kafka:\/\/\S+/, START_MS).catch((error: Error) => {
      process.kill(-child.pid!, 'SIGKILL')
      throw new Error(`${error.message}\n${err.text()}`)
    })
    return { child, banner, err }
  }
  const end = async ({ child, err }: { child: ChildProcess; err: Said }) => {
    process.kill(-child.pid!, 'SIGTERM')
    await err.until(/stopped/, STOP_MS)
  }

  test('the commands of the README work as they stand, and the data is there after a restart', async () => {
    const first = await npmStart()
    try {
      assert.match(first.banner, /amqp:\/\/127\.0\.0\.1:5672/)
      assert.match(first.banner, /kafka:\/\/127\.0\.0\.1:9092/)
      // A module of the project's, so that it finds the client.
      const file = join(checkout, 'readme.mjs')
      writeFileSync(file, `${block('js', 'amqplib')}\nawait connection.close()\n`)
      await succeed(process.execPath, [file])
      assert.match(await succeed('sh', ['-c', block('sh', 'kcat')]), /^hello$/m)
      const ready = await run(process.execPath, [PROGRAM, 'ready'])
      assert.equal(ready.code, 0)
      assert.match(
        ready.out,
        /^amqp 127\.0\.0\.1:5672 ready\nkafka 127\.0\.0\.1:9092 ready\nhttp 127\.0\.0\.1:8081 ready\n$/,
      )
    } finally {
      await end(first)
    }
    const second = await npmStart()
    try {
      const connection = await connect('amqp://127.0.0.1')
      const channel = await connection.createChannel()
      const message = await channel.get('orders', { noAck: true })
      assert.equal(message === false ? '' : message.content.toString(), 'hello')
      await connection.close()
      assert.match(await succeed('kcat', ['-C', '-b', '127.0.0.1:9092', '-t', 'greetings', '-e', '-q']), /^hello$/m)
    } finally {
      await end(second)
    }
  })

  test('SIGTERM ends the broker with code 0 within seconds, also while clients are connected', async () => {
    const broker = await startBroker()
    const connection = await connect(`amqp://127.0.0.1:${broker.amqpPort}`)
    const told = new Promise<Error>((resolve) => connection.once('close', resolve))
    const begun = performance.now()
    await broker.stop()
    assert.ok(performance.now() - begun < STOP_MS)
    assert.match((await told).message, /CONNECTION-FORCED|320/)
  })

  test('a broker that is not there is not ready', async () => {
    const { code, out } = await run(process.execPath, [PROGRAM, 'ready', '--listen', 'amqp://127.0.0.1:1'])
    assert.equal(code, 1)
    assert.match(out, /does not answer/)
  })

  test('a second process on the same directory is refused with one line', async () => {
    const broker = await startBroker()
    const listen = ['--listen', 'amqp://127.0.0.1:0']
    const second = await run(process.execPath, [PROGRAM, 'serve', '--data', broker.directory, ...listen])
    assert.equal(second.code, 1)
    assert.equal(second.err.trim().split('\n').length, 1, second.err)
    assert.match(second.err, /in use|another/)
    assert.ok(second.err.includes(broker.directory), second.err)
    await broker.stop()
  })

  test('a broker whose directory was taken away says so in one line, and ends', async () => {
    const broker = await startBroker()
    rmSync(broker.directory, { recursive: true })
    await assert.rejects(broker.stop())
    const errors = broker
      .log()
      .split('\n')
      .filter((line) => line !== '' && !line.includes('"level":"info"'))
    assert.equal(errors.length, 1, errors.join('\n'))
    assert.match(errors[0]!, /the broker ends, .*ENOENT/)
    assert.ok(errors[0]!.length < 3000)
  })

  test('a port that is taken is one line which names it', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const listen = ['--listen', `amqp://127.0.0.1:${port}`]
    const { code, err } = await run(process.execPath, [PROGRAM, 'serve', '--data', join(directory, 'other'), ...listen])
    server.close()
    assert.equal(code, 1)
    const errors = err
      .trim()
      .split('\n')
      .filter((line) => line.includes('"level":"error"'))
    assert.equal(errors.length, 1, err)
    assert.match(errors[0]!, new RegExp(`127\\.0\\.0\\.1:${port}.*the port is in use`))
  })

  test('a setting that is not known is named', async () => {
    const file = join(directory, 'config.json')
    writeFileSync(file, '{ "durabilty": "os" }')
    const { code, err } = await run(process.execPath, [PROGRAM, 'serve', '--config', file])
    assert.equal(code, 2)
    assert.equal(err.trim().split('\n').length, 1, err)
    assert.match(err, /durabilty/)
    const flag = await run(process.execPath, [PROGRAM, 'serve', '--durabilty', 'os'])
    assert.equal(flag.code, 2)
    assert.match(flag.err, /durabilty/)
  })
})

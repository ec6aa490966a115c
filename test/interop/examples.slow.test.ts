import assert from 'node:assert/strict'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { transform } from 'esbuild'
import { NEST_TELLS, TELLS } from '../sdk/examples.ts'
import { type BrokerProcess, ROOT, startBroker } from './broker-process.ts'
import { BUILD, missing, succeed } from './script.ts'
import { controlled } from './target.ts'

const NEST = join(BUILD, 'nestjs/node_modules')
const notThere = missing('build/nestjs', 'run scripts/install-clients.sh', existsSync(NEST))

suite('the examples', { skip: controlled, timeout: 240_000 }, () => {
  let broker: BrokerProcess
  before(async () => {
    broker = await startBroker()
  })
  after(() => broker.stop())

  const urls: Readonly<Record<string, () => string>> = {
    AMQP: () => `amqp://guest:guest@127.0.0.1:${broker.amqpPort}`,
    Kafka: () => `kafka://127.0.0.1:${broker.kafkaPort}`,
  }

  for (const [engine, url] of Object.entries(urls)) {
    for (const [name, tells] of Object.entries(TELLS)) {
      test(`${name} runs over ${engine}`, async () => {
        assert.match(await succeed(process.execPath, [`examples/${name}`], { env: { POSTHORN_URL: url() } }), tells)
      })
    }
  }

  test('nestjs-module.ts compiles with NestJS, and runs in its process and over AMQP', { skip: notThere }, async () => {
    const project = projectOf('nestjs-module.ts')
    try {
      const compiler = join(ROOT, 'node_modules/typescript/bin/tsc')
      await succeed(process.execPath, [compiler, '-p', project])
      const { code } = await transform(readFileSync(join(project, 'nestjs-module.ts'), 'utf8'), {
        loader: 'ts',
        format: 'esm',
        tsconfigRaw: { compilerOptions: { experimentalDecorators: true, verbatimModuleSyntax: true } },
      })
      const program = join(project, 'nestjs-module.mjs')
      writeFileSync(program, code)
      assert.match(await succeed(process.execPath, [program]), NEST_TELLS)
      assert.match(await succeed(process.execPath, [program], { env: { POSTHORN_URL: urls.AMQP!() } }), NEST_TELLS)
    } finally {
      rmSync(project, { recursive: true })
    }
  })
})

/** A project with the file, the package and what NestJS needs. */
function projectOf(file: string): string {
  const project = mkdtempSync(join(tmpdir(), 'posthorn-nest-'))
  const modules = join(project, 'node_modules')
  mkdirSync(modules)
  for (const name of readdirSync(NEST))
    if (!/^(\.|@types$)/.test(name)) symlinkSync(join(NEST, name), join(modules, name))
  symlinkSync(ROOT, join(modules, 'posthorn'))
  symlinkSync(join(ROOT, 'node_modules/@types'), join(modules, '@types'))
  copyFileSync(join(ROOT, 'examples', file), join(project, file))
  writeFileSync(join(project, 'package.json'), '{ "type": "module" }')
  const compilerOptions = {
    module: 'NodeNext',
    target: 'ES2023',
    lib: ['ES2023', 'ESNext.Disposable'],
    types: ['node'],
    strict: true,
    experimentalDecorators: true,
    skipLibCheck: true,
    noEmit: true,
  }
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [file] }))
  return project
}

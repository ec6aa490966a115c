import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..')

/** docs/adr/0001-layers.md: who may import whom. `*` is everything. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'src/std': [],
  'src/env': ['src/std'],
  'src/wire': ['src/std'],
  'src/core': ['src/std', 'src/wire'],
  'src/store': ['src/std', 'src/env'],
  'src/broker': ['src/std', 'src/env', 'src/wire', 'src/core', 'src/store'],
  'src/amqp': ['src/std', 'src/env', 'src/wire', 'src/core', 'src/broker'],
  'src/kafka': ['src/std', 'src/env', 'src/wire', 'src/core', 'src/broker'],
  'src/http': ['src/std', 'src/env', 'src/wire', 'src/core', 'src/broker'],
  'src/server': [
    'src/std',
    'src/env',
    'src/wire',
    'src/core',
    'src/store',
    'src/broker',
    'src/amqp',
    'src/kafka',
    'src/http',
  ],
  'src/sdk': ['src/std'],
  'src/engines/embedded': ['src/std', 'src/env', 'src/wire', 'src/core', 'src/broker', 'src/server', 'src/sdk'],
  'src/engines/rabbitmq': ['src/std', 'src/sdk'],
  'src/engines/kafka': ['src/std', 'src/sdk'],
  'src/engines': ['src/sdk', 'src/engines/embedded', 'src/engines/rabbitmq', 'src/engines/kafka'],
  'src/testing': ['src/std', 'src/env', 'src/broker', 'src/server', 'src/sdk', 'src/engines', 'src/engines/embedded'],
  'src/entries': ['*'],
  'src/cli': ['*'],
  sim: ['*'],
  bench: ['*'],
  test: ['*'],
  scripts: ['*'],
}

/** Folders under these are siblings that know nothing of each other. */
const SIBLINGS = ['src/core', 'src/wire']

/** Run by a command, not by an import. */
const ENTRIES = [
  'src/cli/main.ts',
  'test/effects/application.ts',
  'src/entries/posthorn.ts',
  'src/entries/testing.ts',
  'src/entries/broker.ts',
  'src/entries/kafka.ts',
  'src/entries/rabbitmq.ts',
  'src/server/batch-worker.ts',
  'sim/main.ts',
  'sim/record/server.ts',
  'bench/main.ts',
  'bench/store.ts',
  'bench/sdk.ts',
  'bench/registry.ts',
  'bench/sdk/worker.ts',
  'bench/upkeep.ts',
  'bench/contracts.ts',
  'test/differential/amqp/main.ts',
  'test/differential/kafka/main.ts',
]

/** The clock's own test, and what keeps another process alive. */
const MAY_WAIT = ['src/env/node-clock.test.ts', 'src/env/node-lock.test.ts', 'test/tidy.test.ts']

const MAX_LINES = 500

const files = ['src', 'sim', 'bench', 'test', 'scripts'].flatMap((folder) => sources(join(root, folder)))
const imports = new Map(files.map((file) => [file, importsOf(file)] as const))

function sources(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => relative(root, join(folder, name)))
    .sort()
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8')
  const found = [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+\.ts)'/g)]
  return found.map((match) => relative(root, resolve(root, dirname(file), match[1])))
}

function layer(file: string): string {
  return Object.keys(MAY_IMPORT).find((folder) => file.startsWith(`${folder}/`)) ?? '?'
}

const isTest = (file: string) => file.endsWith('.test.ts')

test('imports follow the table of layers', () => {
  const wrong: string[] = []
  for (const [file, targets] of imports) {
    const own = layer(file)
    const allowed = MAY_IMPORT[own] ?? []
    for (const target of targets) {
      const other = layer(target)
      if (other === own || allowed.includes('*') || allowed.includes(other)) continue
      if (isTest(file)) continue
      wrong.push(`${file} imports ${target}`)
    }
  }
  assert.deepEqual(wrong, [])
})

test('sibling folders do not import each other', () => {
  const wrong: string[] = []
  for (const [file, targets] of imports) {
    for (const parent of SIBLINGS) {
      if (!file.startsWith(`${parent}/`)) continue
      const own = file.split('/')[2]
      for (const target of targets) {
        if (target.startsWith(`${parent}/`) && target.split('/')[2] !== own) wrong.push(`${file} imports ${target}`)
      }
    }
  }
  assert.deepEqual(wrong, [])
})

test('there are no import cycles', () => {
  const done = new Set<string>()
  const cycles: string[] = []
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) {
      cycles.push([...path.slice(path.indexOf(file)), file].join(' -> '))
      return
    }
    if (done.has(file)) return
    for (const target of imports.get(file) ?? []) visit(target, [...path, file])
    done.add(file)
  }
  for (const file of files) visit(file, [])
  assert.deepEqual(cycles, [])
})

test('every file is used', () => {
  // A file that only its own test imports is dead.
  const own = (file: string, target: string) => file === target.replace(/\.ts$/, '.test.ts')
  const used = new Set([...imports].flatMap(([file, targets]) => targets.filter((target) => !own(file, target))))
  const unused = files.filter(
    (file) => !used.has(file) && !isTest(file) && !ENTRIES.includes(file) && !file.startsWith('scripts/'),
  )
  assert.deepEqual(unused, [])
})

test(`no file is longer than ${MAX_LINES} lines`, () => {
  const long = files.filter((file) => readFileSync(join(root, file), 'utf8').split('\n').length > MAX_LINES + 1)
  assert.deepEqual(long, [])
})

test('core has no clock, no timers and no promises', () => {
  const impure =
    /\b(Date\b|setTimeout|setInterval|setImmediate|Promise|async |await |process\.)|'node:(?!zlib|crypto|assert)/
  const wrong = files
    .filter((file) => file.startsWith('src/core/') && !isTest(file))
    .filter((file) => impure.test(code(file)))
  assert.deepEqual(wrong, [])
})

test('tests do not wait for time to pass', () => {
  const wrong = files
    .filter((file) => isTest(file) && !MAY_WAIT.includes(file))
    .filter((file) => /\bset(Timeout|Interval)\(/.test(code(file)))
  assert.deepEqual(wrong, [])
})

/** The file without its comments. */
function code(file: string): string {
  return readFileSync(join(root, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
}

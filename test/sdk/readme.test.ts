import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { transform } from 'esbuild'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..')
const run = promisify(execFile)

/** Code in a text, by the language of its fence. */
function fences(text: string, language: string): string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map((match) => match[1]!)
}

/** In the package, so that it finds itself by its name. */
function folder(name: string): string {
  const path = join(root, 'dist', name)
  rmSync(path, { recursive: true, force: true })
  mkdirSync(path, { recursive: true })
  return path
}

async function compile(directory: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text)
  const compilerOptions = {
    module: 'NodeNext',
    target: 'ES2022',
    lib: ['ES2023', 'ESNext.Disposable'],
    types: ['node'],
    strict: true,
    noEmit: true,
    skipLibCheck: true,
  }
  writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }))
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  await run(process.execPath, [compiler, '-p', directory]).catch((error: { stdout: string }) => {
    throw new Error(error.stdout)
  })
}

/** The snippets of a text as one program: imports are hoisted anyway. */
function program(text: string): string {
  return fences(text, 'ts').join('\n')
}

test('the tour in the README compiles and runs', async () => {
  const source = program(readFileSync(join(root, 'README.md'), 'utf8'))
  const directory = folder('readme')
  await compile(directory, { 'tour.ts': source })
  const { code } = await transform(source, { loader: 'ts', format: 'esm', target: 'node20' })
  writeFileSync(join(directory, 'tour.mjs'), code)
  const { stdout } = await run(process.execPath, [join(directory, 'tour.mjs')], { timeout: 60_000 })
  for (const told of [
    'o-1 was paid: 12',
    'acknowledged',
    'the price is 4',
    'order o-1 has no customer, after 1 attempt',
    'charged 101 cents',
  ]) {
    assert.ok(stdout.includes(told), `'${told}' is missing in:\n${stdout}`)
  }
})

test('the recipes for tests compile', async () => {
  const recipes = fences(readFileSync(join(root, 'docs/testing.md'), 'utf8'), 'ts')
  assert.ok(recipes.length >= 3)
  await compile(folder('recipes'), Object.fromEntries(recipes.map((recipe, n) => [`recipe-${n}.ts`, recipe])))
})

test('the reference of the API knows every name that the package exports', async () => {
  const { apiReference } = await import('../../scripts/api-reference.ts')
  const names = (text: string) => [...text.matchAll(/^### `(\w+)`$/gm)].map((match) => match[1])
  process.chdir(root)
  const told = names(readFileSync(join(root, 'docs/api.md'), 'utf8'))
  assert.deepEqual(
    names(apiReference()).filter((name) => !told.includes(name)),
    [],
    'node dist/scripts/api-reference.js writes it',
  )
})

/** What the examples in the source take as given. */
const GIVEN = `declare const bus: import('posthorn').Bus<import('posthorn').Features, any>
declare const orders: import('posthorn').Queue<{ id: string; total: number }, { id: string; total: number }>
declare const quotes: import('posthorn').Queue<{ symbol: string }, { symbol: string }, { price: number }, { price: number }>
declare function retryLater(): void
declare function isSoldOut(id: string): Promise<boolean>
declare const myEngine: import('posthorn/testing').EngineUnderTest
`

test('the examples in the documentation of the API compile', async () => {
  const files: Record<string, string> = {}
  for (const name of readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })) {
    if (!/^(sdk|engines|testing)\/.*\.ts$/.test(name) || name.endsWith('.test.ts')) continue
    const text = readFileSync(join(root, 'src', name), 'utf8')
    for (const [n, block] of [...text.matchAll(/@example\n([\s\S]*?)(?:\n \*\n|\n \*\/)/g)].entries()) {
      const plain = block[1]!.replace(/^ *\* ?/gm, '')
      const code = fences(`${plain}\n`, 'ts').join('\n')
      const own = new Set(
        [...code.matchAll(/^(?:export )?(?:await using|const|import \{) ?(\w+)/gm)].map((match) => match[1]),
      )
      const given = GIVEN.split('\n').filter(
        (line) => ![...own].some((one) => new RegExp(`declare (const|function) ${one}\\b`).test(line)),
      )
      files[`${name.replace(/\W/g, '-')}-${n}.ts`] =
        `${given.filter((line) => !line.startsWith('import') || !code.includes(line)).join('\n')}\n${code}\nexport {}\n`
    }
  }
  assert.ok(Object.keys(files).length >= 15, `${Object.keys(files).length} examples`)
  await compile(folder('examples-of-api'), files)
})

test('the table of errors is that of the code', async () => {
  const { ERRORS } = await import('../../src/sdk/posthorn-error.ts')
  const rows = [
    ...readFileSync(join(root, 'docs/errors.md'), 'utf8').matchAll(/^\| `([A-Z_]+)` \| (yes|no) \| (.+?) \|/gm),
  ]
  const told = rows.map(([, code, retryable, means]) => [code, retryable === 'yes', means])
  assert.deepEqual(
    told,
    Object.entries(ERRORS).map(([code, { retryable, means }]) => [code, retryable, means]),
  )
})

test('what the package exports is there', () => {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    exports: Record<string, string | { types: string; default: string }>
  }
  for (const target of Object.values(exports)) {
    for (const path of typeof target === 'string' ? [target] : Object.values(target))
      assert.ok(existsSync(join(root, path)), path)
  }
})

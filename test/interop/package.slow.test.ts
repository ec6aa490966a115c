import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { HELLO } from '../sdk/hello.ts'
import { BUILD, missing, succeed } from './script.ts'
import { controlled } from './target.ts'

const CHECKS = join(BUILD, 'package-checks/node_modules/.bin')
const notThere = missing('build/package-checks', 'run scripts/install-clients.sh', existsSync(CHECKS))
const INSTALL_MS = 300_000

/** The package as its users get it: packed, and installed with npm into a project that has nothing else. */
suite('the packed package', { skip: controlled || notThere, timeout: 2 * INSTALL_MS }, () => {
  const project = mkdtempSync(join(tmpdir(), 'posthorn-package-'))
  let tarball: string
  const inProject = (program: string, ...args: string[]) =>
    succeed('sh', ['-c', `cd "$0" && exec "$@"`, project, program, ...args], { timeoutMs: INSTALL_MS })

  before(async () => {
    const told = JSON.parse(await succeed('npm', ['pack', '--json', '--pack-destination', project])) as [
      { filename: string },
    ]
    tarball = join(project, told[0].filename)
    writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }')
    writeFileSync(join(project, 'hello.mjs'), HELLO)
    writeFileSync(join(project, 'hello.ts'), HELLO)
    const compilerOptions = { module: 'NodeNext', target: 'ES2022', strict: true, types: ['node'], outDir: 'out' }
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['hello.ts'] }))
    await inProject('npm', 'install', '--no-audit', '--no-fund', tarball, 'typescript', '@types/node@20')
  })
  after(() => rmSync(project, { recursive: true, force: true }))

  test('is what publint wants', async () => {
    assert.match(await succeed(join(CHECKS, 'publint'), ['run', tarball, '--strict']), /All good!/)
  })

  test('has the types that its entries resolve to, for whoever imports ES modules', async () => {
    await succeed(join(CHECKS, 'attw'), [tarball, '--profile', 'esm-only', '--no-emoji'])
  })

  for (const version of ['20', '24']) {
    test(`handles its first message in a project of its own on Node ${version}, in JavaScript and in TypeScript`, async () => {
      const node = async (...args: string[]) => {
        rmSync(join(project, 'data'), { recursive: true, force: true })
        return inProject('npx', '--yes', '-p', `node@${version}`, 'node', ...args)
      }
      assert.match(await node('--version'), new RegExp(`^v${version}\\.`))
      assert.equal(await node('hello.mjs'), 'hello world\n')
      await inProject('npx', 'tsc', '-p', '.')
      assert.equal(await node('out/hello.js'), 'hello world\n')
      assert.match(await node('node_modules/.bin/posthorn', 'version'), /^posthorn \d/)
    })
  }
})

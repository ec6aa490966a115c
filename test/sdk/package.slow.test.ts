import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { HELLO } from './hello.ts'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..')
const run = promisify(execFile)

test('what is packed works in an empty project, in JavaScript and in TypeScript', async () => {
  const project = await mkdtemp(join(tmpdir(), 'posthorn-'))
  try {
    const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', project], { cwd: root })
    const [{ filename, size }] = JSON.parse(stdout) as [{ filename: string; size: number }]
    assert.ok(size < 3_000_000, `the package has ${size} bytes`)
    const modules = join(project, 'node_modules')
    await mkdir(join(modules, 'posthorn'), { recursive: true })
    await run('tar', ['-xzf', join(project, filename), '-C', join(modules, 'posthorn'), '--strip-components=1'])
    // What npm would install beside it.
    for (const name of await readdir(join(root, 'node_modules'))) {
      if (name !== 'posthorn' && !name.startsWith('.'))
        await symlink(join(root, 'node_modules', name), join(modules, name))
    }
    await writeFile(join(project, 'package.json'), '{"type":"module"}')
    await writeFile(join(project, 'hello.mjs'), HELLO)
    const hello = await run(process.execPath, ['hello.mjs'], { cwd: project })
    assert.equal(hello.stdout, 'hello world\n')
    await writeFile(join(project, 'hello.ts'), HELLO)
    const compilerOptions = { module: 'NodeNext', target: 'ES2022', strict: true, types: ['node'], outDir: 'out' }
    await writeFile(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['hello.ts'] }))
    await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', project]).catch((error) => {
      throw new Error((error as { stdout: string }).stdout)
    })
    await rm(join(project, 'data'), { recursive: true })
    const compiled = await run(process.execPath, ['out/hello.js'], { cwd: project })
    assert.equal(compiled.stdout, 'hello world\n')
    const help = await run(process.execPath, [join(modules, 'posthorn/dist/bin/posthorn.js'), 'version'])
    assert.match(help.stdout, /^posthorn \d/)
  } finally {
    await rm(project, { recursive: true, force: true })
  }
})

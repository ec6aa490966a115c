import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ROOT } from '../load.ts'

const run = promisify(execFile)

export interface PackageSize {
  /** Bytes of what is downloaded. */
  readonly packed: number
  /** Bytes of the package where it is installed. */
  readonly installed: number
  /** Bytes of all that is installed with it. */
  readonly withDependencies: number
  readonly direct: number
  readonly all: number
}

/** Packs the package, installs it into an empty project, as a user does, and looks. */
export async function packageSize(): Promise<PackageSize> {
  const project = mkdtempSync(join(tmpdir(), 'posthorn-package-'))
  try {
    const pack = await run('npm', ['pack', '--json', '--pack-destination', project], { cwd: ROOT })
    const [{ filename, size }] = JSON.parse(pack.stdout) as [{ filename: string; size: number }]
    writeFileSync(join(project, 'package.json'), '{ "private": true }')
    await run('npm', ['install', '--no-audit', '--no-fund', join(project, filename)], { cwd: project })
    const modules = join(project, 'node_modules')
    const lock = JSON.parse(readFileSync(join(modules, '.package-lock.json'), 'utf8'))
    const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
    return {
      packed: size,
      installed: bytesOf(join(modules, 'posthorn')),
      withDependencies: bytesOf(modules),
      direct: Object.keys(dependencies).length,
      all: Object.keys(lock.packages).length - 1,
    }
  } finally {
    rmSync(project, { recursive: true, force: true })
  }
}

function bytesOf(folder: string): number {
  let bytes = 0
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) bytes += bytesOf(path)
    else if (entry.isFile()) bytes += statSync(path).size
  }
  return bytes
}

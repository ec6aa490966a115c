import { execFile, execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository's root, seen from dist/bench/. */
export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..')

const SOURCES = join(ROOT, 'bench', 'load')
const BINARY = join(ROOT, 'dist', 'bench', 'load')

/** What one run of the generator printed: numbers, and latencies in microseconds as `confirm.p50`. */
export type Figures = ReadonlyMap<string, number>

/**
 * Compiles the load generator unless it is newer than its sources, and lets it check itself.
 * @throws Error that says what to install.
 */
export function compileLoad(): void {
  const sources = readdirSync(SOURCES).map((name) => join(SOURCES, name))
  const newest = Math.max(...sources.map((path) => statSync(path).mtimeMs))
  if (existsSync(BINARY) && statSync(BINARY).mtimeMs > newest) return
  mkdirSync(dirname(BINARY), { recursive: true })
  const flags = ['-std=gnu11', '-O2', '-Wall', '-Wextra', '-Wno-missing-field-initializers']
  const words = [...flags, '-o', BINARY, ...sources.filter((path) => path.endsWith('.c')), '-lm']
  try {
    // Without OpenSSL there is all but TLS.
    if (!compiles([...words, '-DWITH_TLS', '-lssl', '-lcrypto'])) execFileSync('cc', words)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    throw new Error('The load generator is written in C and there is no `cc`: install one (Debian: apt install gcc).')
  }
  execFileSync(BINARY, ['selftest'])
}

function compiles(words: readonly string[]): boolean {
  return spawnSync('cc', words, { stdio: 'ignore' }).status === 0
}

/**
 * One run of the generator.
 * @throws Error when messages were lost, duplicated, reordered or changed, or when the broker refused.
 */
export function load(words: readonly string[], signal?: AbortSignal): Promise<Figures> {
  return new Promise((resolve, reject) => {
    execFile(BINARY, words, signal === undefined ? {} : { signal }, (error, stdout, stderr) => {
      const line = stdout.trim()
      const told = line.startsWith('{') ? (JSON.parse(line) as Record<string, unknown>) : {}
      if (error === null) resolve(flatten(told))
      else reject(new Error(`load ${words.join(' ')}: ${told.error ?? (stderr.trim() || error.message)}`))
    })
  })
}

function flatten(told: Record<string, unknown>): Figures {
  const figures = new Map<string, number>()
  for (const [name, value] of Object.entries(told)) {
    if (typeof value === 'number') figures.set(name, value)
    else if (typeof value === 'object' && value !== null)
      for (const [part, one] of Object.entries(value)) figures.set(`${name}.${part}`, one as number)
  }
  return figures
}

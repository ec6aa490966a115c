import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './broker-process.ts'
import { BUILD, missing, succeed } from './script.ts'

const HOME = join(process.env.PEERS ?? join(BUILD, 'peers'), 'kafka-4.3.1')
/** Kafka's own libraries: with them comes the client. */
const LIBRARIES = join(HOME, 'lib')
/** Kafka's own tools. */
export const TOOLS = join(HOME, 'dist/bin')

export function missingJava(): string | false {
  const hasCompiler = spawnSync('javac', ['-version']).status === 0
  return (
    missing('javac', 'install a JDK', hasCompiler) ||
    missing(LIBRARIES, 'start a Kafka with the script in peers once', existsSync(LIBRARIES))
  )
}

/** Compiles a program of test/interop/java, and returns the arguments for `java` with which it runs. */
export async function compiled(name: string): Promise<string[]> {
  const classes = join(BUILD, 'java')
  mkdirSync(classes, { recursive: true })
  const client = readdirSync(LIBRARIES).filter((file) => /^(kafka-clients|slf4j-api|lz4|snappy|zstd)/.test(file))
  const path = client.map((file) => join(LIBRARIES, file)).join(':')
  const source = join(ROOT, 'test/interop/java', `${name}.java`)
  await succeed('javac', ['-d', classes, '-cp', path, source], { timeoutMs: 120_000 })
  return ['-Xmx128m', '-XX:TieredStopAtLevel=1', '-cp', `${classes}:${path}`, name]
}

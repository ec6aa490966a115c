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

/** What scripts/install-clients.sh puts into build/NAME: a Java program's libraries. */
export function missingJars(name: string): string | false {
  const there = existsSync(join(BUILD, name, '.ready'))
  return missingJava() || missing(`build/${name}`, 'run scripts/install-clients.sh', there)
}

/** The libraries of build/NAME. */
export function jarsOf(name: string): string {
  return join(BUILD, name, '*')
}

/** All that comes with Kafka. */
export const BROKER_JARS = join(LIBRARIES, '*')

/** Quick to start, and content with little. */
export const FRUGAL = ['-Xmx256m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC']

/** Compiles a program of test/interop/java, and returns the arguments for `java` with which it runs: with Kafka's client, or with other libraries. */
export async function compiled(name: string, path = clientJars()): Promise<string[]> {
  const classes = join(BUILD, 'java')
  mkdirSync(classes, { recursive: true })
  const source = join(ROOT, 'test/interop/java', `${name}.java`)
  await succeed('javac', ['-d', classes, '-cp', path, source], { timeoutMs: 120_000 })
  return [...FRUGAL, '-cp', `${classes}:${path}`, name]
}

function clientJars(): string {
  const client = readdirSync(LIBRARIES).filter((file) => /^(kafka-clients|slf4j-api|lz4|snappy|zstd)/.test(file))
  return client.map((file) => join(LIBRARIES, file)).join(':')
}

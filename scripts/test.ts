import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'

/**
 * Runs every compiled test: Node 20 knows no glob patterns for --test, Node 24 takes no folders. Arguments are folders of dist to look in; without any, all
 * but test/interop, whose tests need clients and brokers that `.ci/run` installs.
 */
const folders = process.argv.slice(2)
const all = readdirSync('dist', { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.test.js'))
const wanted =
  folders.length > 0
    ? all.filter((name) => folders.some((folder) => name.startsWith(folder)))
    : all.filter((name) => !name.startsWith(join('test', 'interop')))
if (wanted.length === 0) {
  process.stderr.write(`no tests in ${folders.join(', ')}\n`)
  process.exit(1)
}
const files = wanted.sort().map((name) => join('dist', name))
const interop = files.some((file) => file.includes(join('test', 'interop')))
/** A real broker has the names of one file at a time. */
const onReal = Object.keys(process.env).some((name) => /^POSTHORN_CONTROL_(AMQP|KAFKA)$/.test(name))
// Node itself leaves a core idle. Clients and their brokers (test/interop) are several processes a file.
const atOnce = interop ? (onReal ? 1 : 2) : availableParallelism()
// A file whose test has left something running would otherwise be waited for without end.
const longestMs = (process.env.CI === 'true' ? 20 : 120) * 60_000
const options = ['--test-reporter=spec', `--test-concurrency=${atOnce}`, `--test-timeout=${longestMs}`]
const runner = spawn(process.execPath, ['--test', ...options, ...files], { stdio: 'inherit' })
runner.on('exit', (code) => process.exit(code ?? 1))

import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { ROOT } from './broker-process.ts'
import { missingJava, TOOLS } from './java.ts'
import { missing } from './script.ts'
import { type SecureBroker, startSecureBroker } from './secure-broker.ts'
import { fresh, targetOf } from './target.ts'
import { ACCESS_CASES } from './tools/access-cases.ts'
import { BROKER_CASES } from './tools/broker-cases.ts'
import { GROUP_CASES } from './tools/group-cases.ts'
import { type Case, play } from './tools/play.ts'
import { ToolRunner } from './tools/runner.ts'
import { TOPIC_CASES } from './tools/topic-cases.ts'

const { skip, target } = targetOf('kafka')
const noTools = missingJava() || missing(TOOLS, 'run kafka.sh bin', existsSync(TOOLS))

/**
 * What Kafka's own tools say on Kafka 4.3.1. With `--control` a real broker is compared with it, and with $RECORD it is written anew.
 */
const RECORDED = join(ROOT, 'test/interop/kafka-tools-compared.txt')
const CASES: readonly Case[] = [...TOPIC_CASES, ...GROUP_CASES, ...BROKER_CASES]

suite("Kafka's own tools say what they say on Kafka", { skip: skip || noTools, timeout: 900_000 }, () => {
  const recorded = readRecorded()
  const written: string[] = []
  let tools: ToolRunner
  let folder: string
  let secure: SecureBroker | null = null
  before(async () => {
    tools = await ToolRunner.start()
    folder = mkdtempSync(join(tmpdir(), 'posthorn-tools-'))
  })
  after(async () => {
    await tools.stop()
    await secure?.stop()
    rmSync(folder, { recursive: true, force: true })
    if (process.env.RECORD !== undefined) writeFileSync(RECORDED, `${written.join('\n')}\n`)
  })

  const compare = async (address: string, one: Case) => {
    const prefix = `${fresh('tool').replaceAll('.', '-')}-`
    const lines = await play({ tools, address, prefix, folder }, one)
    written.push(...lines)
    if (process.env.RECORD === undefined) assert.deepEqual(lines, recorded.get(one.title))
  }

  for (const one of CASES) test(one.title, () => compare(target().address, one))
  for (const one of ACCESS_CASES) {
    test(one.title, async () => {
      secure ??= await startSecureBroker(target().control)
      await compare(secure.addresses.PLAINTEXT, one)
    })
  }
})

/** The recorded lines by the titles of their cases. */
function readRecorded(): ReadonlyMap<string, string[]> {
  const cases = new Map<string, string[]>()
  let lines: string[] = []
  for (const line of readFileSync(RECORDED, 'utf8').trimEnd().split('\n')) {
    if (line.startsWith('# ')) cases.set(line.slice(2), (lines = []))
    lines.push(line)
  }
  return cases
}

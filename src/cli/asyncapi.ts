import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { asyncApi } from '../sdk/async-api.ts'
import type { AnyQueue } from '../sdk/queue.ts'
import type { AnyTopic } from '../sdk/topic.ts'

const USAGE = `usage: posthorn asyncapi MODULE ... [--title TITLE] [--version VERSION]

Prints an AsyncAPI 3.0 document of the queues and topics that the modules export (JavaScript, or what this Node runs).
`

export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      title: { type: 'string', default: 'Messages' },
      version: { type: 'string', default: '1.0.0' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help === true || positionals.length === 0) {
    process.stdout.write(USAGE)
    return values.help === true ? 0 : 2
  }
  const contracts: (AnyQueue | AnyTopic)[] = []
  for (const path of positionals) {
    const exported = Object.values(await import(pathToFileURL(resolve(path)).href))
    contracts.push(...exported.filter(isContract))
  }
  if (contracts.length === 0) {
    process.stderr.write(`posthorn: ${positionals.join(', ')} export no queue and no topic\n`)
    return 1
  }
  const document = asyncApi({ title: values.title, version: values.version }, contracts)
  process.stdout.write(`${JSON.stringify(document, null, 2)}\n`)
  return 0
}

function isContract(value: unknown): value is AnyQueue | AnyTopic {
  if (typeof value !== 'object' || value === null || !('kind' in value) || !('contract' in value)) return false
  return value.kind === 'queue' || value.kind === 'topic'
}

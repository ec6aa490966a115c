import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { Json } from '../core/policy/parameters.ts'
import type { Answer, Arguments, Command } from '../server/control/command.ts'
import { CONTROL } from '../server/control/dispatch.ts'
import { ask } from './ask.ts'
import { table } from './table.ts'

/** Flags that every command has. */
const COMMON = ['data', 'json?', 'help?']

/** The commands of one noun: `posthorn NOUN VERB [FLAG ...]`. */
export function nounOf(noun: string): { run(args: string[]): Promise<number> } {
  return { run: (args) => run(noun, args) }
}

async function run(noun: string, [verb = 'help', ...rest]: string[]): Promise<number> {
  const name = `${noun} ${verb}`
  const command = Object.hasOwn(CONTROL, name) ? CONTROL[name] : undefined
  if (command === undefined || rest.includes('--help')) {
    const asked = command !== undefined || verb === 'help' || verb === '--help'
    const out = asked ? process.stdout : process.stderr
    out.write(usage(noun))
    return asked ? 0 : 2
  }
  const { values, positionals } = read(command, rest)
  const [file] = positionals
  const args = await complete(command, values, file)
  const data = resolve(String(values.data ?? process.env.POSTHORN_DATA ?? './data'))
  const answer = await ask(data, name, args)
  return tell(answer, command, values.json === true, file)
}

function read(command: Command, args: string[]) {
  const options: Record<string, { type: 'string' | 'boolean' }> = {}
  for (const flag of [...COMMON, ...command.flags]) {
    options[flag.replace('?', '')] = { type: flag.endsWith('?') ? 'boolean' : 'string' }
  }
  return parseArgs({ args, options, allowPositionals: true })
}

/** What is not on the command line itself: a file's content, a password that nobody should see there. */
async function complete(
  { reads }: Command,
  values: Record<string, unknown>,
  file: string | undefined,
): Promise<Arguments> {
  const { data: _, json: __, help: ___, ...given } = values
  const args = given as Record<string, Json>
  if (args.password === '-') args.password = readFileSync(0, 'utf8').replace(/\r?\n$/, '')
  // The broker has a working directory of its own.
  if (typeof args.to === 'string') args.to = resolve(args.to)
  if (reads === undefined) return args
  const text = readFileSync(file === undefined || file === '-' ? 0 : file, 'utf8')
  return { ...args, [reads.as]: reads.json ? (JSON.parse(text) as Json) : text }
}

function tell(answer: Answer, { writes }: Command, json: boolean, file: string | undefined): number {
  if (!answer.ok) {
    process.stderr.write(`posthorn: ${answer.text.trim()}\n`)
    return 1
  }
  const { result } = answer
  if (writes === true) {
    const text = `${JSON.stringify(result, null, 2)}\n`
    if (file === undefined || file === '-') process.stdout.write(text)
    else writeFileSync(file, text, { mode: 0o600 })
  } else if (typeof result === 'string') process.stdout.write(result)
  else if (json) process.stdout.write(`${JSON.stringify(result, null, 2)}\n`)
  else if (result !== null) process.stdout.write(Array.isArray(result) ? table(result) : `${JSON.stringify(result)}\n`)
  return 0
}

function usage(noun: string): string {
  const lines = Object.entries(CONTROL)
    .filter(([name]) => name.startsWith(`${noun} `))
    .map(([name, { about, flags, reads, writes }]) => {
      const file = reads !== undefined || writes === true ? '[FILE] ' : ''
      const shown = flags.map((flag) => (flag.endsWith('?') ? `[--${flag.slice(0, -1)}]` : `[--${flag} …]`)).join(' ')
      return `  posthorn ${name} ${file}${shown}\n      ${about}\n`
    })
  const common =
    'Each takes --data DIR (the data directory, ./data unless POSTHORN_DATA says otherwise) and --json.\n' +
    'A broker that runs there is asked; where none does, the directory itself is.\n'
  return `${lines.join('')}\n${common}`
}

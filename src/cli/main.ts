#!/usr/bin/env node
import { ConfigError } from '../server/config-error.ts'

/** What can be looked at and changed, in a broker that runs and in a data directory that rests. */
const NOUNS = [
  'users',
  'vhosts',
  'permissions',
  'topic-permissions',
  'policies',
  'parameters',
  'queues',
  'exchanges',
  'bindings',
  'backup',
  'connections',
  'delayed',
  'definitions',
  'schemas',
  'contracts',
]

/** One line each; a command's module is loaded only when it is run, so that starting stays fast. */
const COMMANDS: Readonly<
  Record<string, { about: string; load: () => Promise<{ run(args: string[]): Promise<number> }> }>
> = {
  serve: { about: 'run the broker', load: () => import('./serve.ts') },
  ready: { about: 'exit 0 if a broker answers on its listeners', load: () => import('./ready.ts') },
  ...Object.fromEntries(
    NOUNS.map((noun) => [
      noun,
      { about: `see and change ${noun}`, load: async () => (await import('./control.ts')).nounOf(noun) },
    ]),
  ),
  restore: { about: 'make a data directory of a backup', load: () => import('./restore.ts') },
  dlq: { about: 'see and send again what could not be handled', load: () => import('./dlq.ts') },
  asyncapi: { about: 'print an AsyncAPI document of queues and topics', load: () => import('./asyncapi.ts') },
  inspect: { about: 'check and print a data directory', load: () => import('./inspect.ts') },
  salvage: { about: 'make a new data directory of what a damaged one still has', load: () => import('./salvage.ts') },
  version: { about: 'print the version', load: () => import('./version.ts') },
}

async function main(args: string[]): Promise<number> {
  const [name = 'help', ...rest] = args
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (command !== undefined) return (await command.load()).run(rest)
  const asked = name === 'help' || name === '--help' || name === '-h'
  const out = asked ? process.stdout : process.stderr
  if (!asked) out.write(`posthorn: unknown command '${name}'\n\n`)
  out.write('usage: posthorn COMMAND [OPTION ...]\n\n')
  for (const [known, { about }] of Object.entries(COMMANDS)) out.write(`  ${known.padEnd(18)} ${about}\n`)
  out.write('\nposthorn COMMAND --help tells more.\n')
  return asked ? 0 : 2
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code
  },
  (error: Error) => {
    const expected = error instanceof ConfigError || (error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS')
    process.stderr.write(`posthorn: ${expected ? error.message : (error.stack ?? error)}\n`)
    process.exitCode = expected ? 2 : 1
  },
)

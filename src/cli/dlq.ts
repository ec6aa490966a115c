import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { connect } from '../engines/connect.ts'
import type { Bus } from '../sdk/bus.ts'
import { raw } from '../sdk/contract/raw.ts'
import type { DeadLetter, DeadLetters } from '../sdk/dead-letters.ts'
import { PosthornError } from '../sdk/posthorn-error.ts'
import { queue } from '../sdk/queue.ts'
import { topic } from '../sdk/topic.ts'
import { table } from './table.ts'

const USAGE = `usage: posthorn dlq list QUEUE              what could not be handled, oldest first
       posthorn dlq show QUEUE ID           one of them: why, headers, body
       posthorn dlq resend QUEUE ID         sends one again; with --body FILE another body in its place
       posthorn dlq redrive QUEUE           sends all again
       posthorn dlq discard QUEUE [ID]      forgets one, or with --all all

  --url URL        the broker: file:DIRECTORY, amqp://…, kafka://…; file:./data unless given
  --group GROUP    QUEUE is a topic, and these are the dead letters of that group
  --match TEXT     only those whose cause or body has the text
  --limit N        at most so many
  --rate N         at most so many a second
  --json           one JSON object a line
`

const OPTIONS = {
  url: { type: 'string', default: 'file:./data' },
  group: { type: 'string' },
  match: { type: 'string' },
  limit: { type: 'string' },
  rate: { type: 'string' },
  body: { type: 'string' },
  all: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const

type Letters = DeadLetters<Uint8Array, Uint8Array>
type Values = ReturnType<typeof read>['values']

/** What each verb does; it returns the exit code. */
const VERBS: Readonly<Record<string, (letters: Letters, values: Values, id: string | undefined) => Promise<number>>> = {
  list,
  show,
  resend,
  async redrive(letters, values) {
    const { limit, where } = selection(values)
    const rate = values.rate === undefined ? {} : { rate: numberOf(values.rate, 'rate') }
    say(`${await letters.redrive({ limit, where, ...rate })} sent again`)
    return 0
  },
  async discard(letters, values, id) {
    if (id !== undefined) return told(await letters.discard(id), id, 'discarded')
    if (!values.all) return refuse('name one, or say --all')
    say(`${await letters.discardAll(selection(values))} discarded`)
    return 0
  },
}

function read(args: string[]) {
  return parseArgs({ args, options: OPTIONS, allowPositionals: true })
}

export async function run(args: string[]): Promise<number> {
  const { values, positionals } = read(args)
  const [verb = '', name, id] = positionals
  const act = Object.hasOwn(VERBS, verb) ? VERBS[verb] : undefined
  if (values.help || act === undefined || name === undefined) {
    process.stdout.write(USAGE)
    return values.help ? 0 : 2
  }
  try {
    await using bus = await connect(values.url as string)
    return await act(lettersOf(bus, name, values.group), values, id)
  } catch (error) {
    if (error instanceof PosthornError) return refuse(error.message)
    throw error
  }
}

function lettersOf(bus: Bus, name: string, group: string | undefined): Letters {
  const bytes = { schema: raw() }
  return group === undefined ? bus.deadLetters(queue(name, bytes)) : bus.deadLetters(topic(name, bytes), { group })
}

async function list(letters: Letters, values: Values): Promise<number> {
  const rows: Record<string, string | number>[] = []
  for await (const letter of letters.list(selection(values))) {
    if (values.json) say(JSON.stringify(facts(letter)))
    else rows.push(row(letter))
  }
  if (!values.json) process.stdout.write(rows.length === 0 ? 'none\n' : table(rows))
  return 0
}

async function show(letters: Letters, values: Values, id: string | undefined): Promise<number> {
  if (id === undefined) return refuse('say which: posthorn dlq list shows their ids')
  const letter = await letters.read(id)
  if (letter === null) return told(false, id, '')
  if (values.json) say(JSON.stringify(facts(letter)))
  else {
    const { failure, headers, messageId, key } = letter
    say(`message   ${messageId}${key === null ? '' : `, key ${key}`}`)
    say(`cause     ${failure === null ? 'not told' : `${failure.name}: ${failure.message}`}`)
    if (failure !== null) say(`place     ${failure.place}, after ${failure.attempts} attempts`)
    for (const [name, value] of Object.entries(headers))
      if (!name.startsWith('posthorn-')) say(`header    ${name}: ${value}`)
    say(`\n${textOf(letter.body)}`)
    if (failure?.stack != null) say(`\n${failure.stack}`)
  }
  return 0
}

async function resend(letters: Letters, values: Values, id: string | undefined): Promise<number> {
  if (id === undefined) return refuse('say which: posthorn dlq list shows their ids')
  const edited = values.body === undefined ? undefined : { payload: new Uint8Array(readFileSync(values.body)) }
  return told(await letters.resend(id, edited), id, 'sent again')
}

function selection({ match, limit }: Values) {
  const where = (letter: DeadLetter<Uint8Array>) =>
    match === undefined || (letter.failure?.message ?? '').includes(match) || textOf(letter.body).includes(match)
  return { where, limit: limit === undefined ? Number.POSITIVE_INFINITY : numberOf(limit, 'limit') }
}

function numberOf(text: string, name: string): number {
  const number = Number(text)
  if (number > 0) return number
  throw new PosthornError('INVALID_OPTION', `--${name} is ${text}, but must be a number above 0`)
}

function row(letter: DeadLetter<Uint8Array>): Record<string, string | number> {
  const { id, at, failure, body, messageId } = letter
  return {
    id,
    at: at?.toISOString() ?? '',
    message: messageId,
    attempts: failure?.attempts ?? '',
    cause: failure === null ? '' : `${failure.name}: ${failure.message}`.slice(0, 60),
    body: textOf(body).slice(0, 40),
  }
}

function facts({ id, at, messageId, key, headers, failure, body }: DeadLetter<Uint8Array>): object {
  return { id, at, messageId, key, headers, failure, body: textOf(body) }
}

function textOf(body: Uint8Array): string {
  return Buffer.from(body).toString('utf8')
}

function told(done: boolean, id: string, what: string): number {
  if (!done) return refuse(`there is no dead letter ${id}`)
  say(`${id} ${what}`)
  return 0
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

function refuse(why: string): number {
  process.stderr.write(`posthorn: ${why}\n`)
  return 1
}

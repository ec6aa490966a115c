import { setTimeout as pass } from 'node:timers/promises'
import type { Address } from '../search.ts'
import { type Command, describeCommand } from './command.ts'
import type { Answer } from './link.ts'
import { Side } from './side.ts'

/** The first command whose answers differ. */
export interface Divergence {
  readonly at: number
  readonly ours: string
  readonly real: string
}

/** The real one is a cluster with parts that hear of each other later: what it says at first need not be its last word. */
const PATIENCE_MS = 3000
/** A broker that has just begun makes its internal topics when they are first needed. */
const STARTING_MS = 30_000
const LOOK_MS = 25
/** Coordinators hear of topics, and brokers of ACLs, a moment later. */
const SPREAD_MS = 100
const SPREADS = [
  ...['CreateTopicsRequest', 'CreatePartitionsRequest', 'DeleteTopicsRequest'],
  ...['CreateAclsRequest', 'DeleteAclsRequest'],
]
/** Errors that say: ask again. */
const TRANSIENT = [
  'NOT_COORDINATOR',
  'COORDINATOR_NOT_AVAILABLE',
  'COORDINATOR_LOAD_IN_PROGRESS',
  'NOT_LEADER_OR_FOLLOWER',
  'CONCURRENT_TRANSACTIONS',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'UNKNOWN_TOPIC_ID',
  'LEADER_NOT_AVAILABLE',
  // What a producer is told while the coordinator cannot say whether its partition was added to the transaction.
  'NOT_ENOUGH_REPLICAS',
]

/** Asks both sides the same, one command after the other, until they differ. */
export async function runBoth(commands: readonly Command[], ours: Address, real: Address): Promise<Divergence | null> {
  const one = new Side(ours.host, ours.port)
  const other = new Side(real.host, real.port)
  try {
    for (const [at, command] of commands.entries()) {
      if (one.link(command.seat).busy || other.link(command.seat).busy) continue
      const found = await ask(command, one, other)
      if (found !== null) return { at, ...found }
    }
    return null
  } finally {
    one.close()
    other.close()
  }
}

/** What is only looked at may well be missing; that a coordinator is not there yet passes. */
function starts({ asksAgain }: Command, real: string): boolean {
  return !asksAgain || real.includes('COORDINATOR')
}

/** Old versions of Metadata make what is not there. */
function spreads({ request, version }: Command): boolean {
  return SPREADS.includes(request.name) || (request.name === 'MetadataRequest' && version < 4)
}

async function ask(command: Command, one: Side, other: Side): Promise<{ ours: string; real: string } | null> {
  let [first, second] = await Promise.all([put(command, one), put(command, other)])
  const until = Date.now() + PATIENCE_MS
  for (;;) {
    const ours = text(command, one, first)
    const real = text(command, other, second)
    if (ours === real) break
    const transient = TRANSIENT.some((error) => real.includes(error) && !ours.includes(error))
    if (Date.now() > until + (transient && starts(command, real) ? STARTING_MS : 0)) return { ours, real }
    await pass(LOOK_MS)
    if (command.asksAgain) [first, second] = await Promise.all([put(command, one), put(command, other)])
    else if (transient && !other.link(command.seat).busy) second = await put(command, other)
  }
  first.isOver = second.isOver = true
  if (spreads(command)) await pass(SPREAD_MS)
  one.late.length = 0
  other.late.length = 0
  return null
}

/** What a command has come to so far. */
interface Given {
  answer: Answer
  /** The next command is on: what comes now is told beside its answer. */
  isOver: boolean
}

async function put(command: Command, side: Side): Promise<Given> {
  const given: Given = { answer: 'parked', isOver: false }
  const { request, response, version } = command
  given.answer = await side.link(command.seat).ask(request, response, version, command.make(side), (late) => {
    if (typeof late !== 'string') command.learn(side, late)
    if (!given.isOver) given.answer = late
    else side.late.push(`${command.seat} ${request.name}: ${side.show(late)}`)
  })
  if (typeof given.answer !== 'string') command.learn(side, given.answer)
  return given
}

/** The answer, and what else has come by now of what was parked. */
function text(command: Command, side: Side, { answer }: Given): string {
  const viewed = typeof answer === 'string' ? answer : command.view(side, answer)
  return [side.show(viewed), ...[...side.late].sort()].join('\n      ')
}

/** What was asked, and what differs. */
export function explain(commands: readonly Command[], { at, ours, real }: Divergence): string {
  const lines = commands.slice(0, at + 1).map((command) => `    ${describeCommand(command)}`)
  let from = 0
  while (from < ours.length && ours[from] === real[from]) from++
  const start = Math.max(0, from - CONTEXT)
  const part = (text: string) => `${start > 0 ? '…' : ''}${text.slice(start, from + SHOWN)}`
  return [...lines, `  ours  ${part(ours)}`, `  real  ${part(real)}`].join('\n')
}

/** Characters before the first that differs, and from it on, that are shown. */
const CONTEXT = 100
const SHOWN = 300

import { setTimeout as pass } from 'node:timers/promises'
import type { Admin } from './admin.ts'
import { type Command, describeCommand } from './command.ts'
import type { Names } from './names.ts'
import { type Observation, Session } from './session.ts'

/** The first command after which the two sides do not show the same. */
export interface Divergence {
  readonly at: number
  readonly ours: Observation
  readonly real: Observation
}

/**
 * Nobody promises when a delivery comes or a counter is right, only that it does: both sides are looked at again until they show the same,
 * for so long. A divergence is what stays.
 */
const PATIENCE_MS = 2500
const LOOK_MS = 15

/** One of the two sides. */
export interface Side {
  readonly host: string
  readonly port: number
  readonly admin: Admin
}

/** Runs the commands on both sides, one after the other, and compares after each. Null if they never differ. */
export async function runBoth(
  commands: readonly Command[],
  names: Names,
  ours: Side,
  real: Side,
): Promise<Divergence | null> {
  const one = new Session(ours.host, ours.port, ours.admin)
  const other = new Session(real.host, real.port, real.admin)
  try {
    for (const [at, command] of commands.entries()) {
      const [answer, expected] = await Promise.all([one.run(command), other.run(command)])
      if (answer === expected && one.isPastComparing(command.seat, answer)) return null
      const divergence = await compare(at, names, one, answer, other, expected)
      if (divergence !== null) return divergence
      one.forget()
      other.forget()
    }
    return null
  } finally {
    await Promise.all([one.end(names), other.end(names)])
  }
}

async function compare(
  at: number,
  names: Names,
  one: Session,
  answer: string,
  other: Session,
  expected: string,
): Promise<Divergence | null> {
  const until = Date.now() + PATIENCE_MS
  for (;;) {
    const [ours, real] = await Promise.all([one.observe(answer, names.queues), other.observe(expected, names.queues)])
    if (JSON.stringify(ours) === JSON.stringify(real)) return null
    if (Date.now() > until) return { at, ours, real }
    await pass(LOOK_MS)
  }
}

/** What differs, line by line. */
export function explain(commands: readonly Command[], { at, ours, real }: Divergence): string {
  const lines = commands.slice(0, at + 1).map((command) => `    ${describeCommand(command)}`)
  const differ = differences(flat(ours), flat(real))
  return [...lines, ...differ.map((line) => `  ${line}`)].join('\n')
}

function flat(observation: Observation): Map<string, string> {
  const all = new Map<string, string>([['answer', observation.answer]])
  for (const [name, text] of Object.entries(observation.queues)) all.set(name, text)
  for (const [seat, seen] of Object.entries(observation.seats)) {
    for (const [what, value] of Object.entries(seen)) all.set(`${seat} ${what}`, JSON.stringify(value))
  }
  return all
}

function differences(ours: ReadonlyMap<string, string>, real: ReadonlyMap<string, string>): string[] {
  const keys = [...new Set([...ours.keys(), ...real.keys()])]
  return keys
    .filter((key) => ours.get(key) !== real.get(key))
    .flatMap((key) => [`${key}`, `  ours ${ours.get(key)}`, `  real ${real.get(key)}`])
}

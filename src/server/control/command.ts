import type { Broker } from '../../broker/broker.ts'
import { type Done, type Refused, refused } from '../../broker/done.ts'
import type { Json } from '../../core/policy/parameters.ts'

/** What an operator's command is given. */
export type Arguments = { readonly [key: string]: Json | undefined }

/** What comes of it: a value, or why not. */
export type Answer = { readonly ok: true; readonly result: Json } | Refused

/** Something an operator can ask of a broker. */
export interface Command {
  /** One line for people. */
  readonly about: string
  /** The names of its arguments; one that ends with a question mark is there or not. */
  readonly flags: readonly string[]
  /** The argument that a file's content is, or that of the standard input: as JSON, or as the text it is. */
  readonly reads?: { readonly as: string; readonly json: boolean }
  /** What comes of it goes to a file, if one is named. */
  readonly writes?: true
  /** Whether it changes anything: then it waits for room in the journal before, and for the disk after. */
  readonly changes: boolean
  /** Answers by `answer`, once, now or later. */
  readonly run: (broker: Broker, args: Arguments, answer: (answer: Answer) => void) => void
}

/** A command that only looks. */
export function look(
  about: string,
  flags: readonly string[],
  run: (broker: Broker, args: Arguments) => Json | Refused,
): Command {
  return {
    about,
    flags,
    changes: false,
    run: (broker, args, answer) => {
      const result = run(broker, args)
      answer(isRefused(result) ? result : { ok: true, result })
    },
  }
}

/** A command that changes something, at once. */
export function change(
  about: string,
  flags: readonly string[],
  run: (broker: Broker, args: Arguments) => Done,
): Command {
  return {
    about,
    flags,
    changes: true,
    run: (broker, args, answer) => {
      const outcome = run(broker, args)
      answer(outcome.ok ? { ok: true, result: null } : outcome)
    },
  }
}

/** A command that changes something, and goes on for a while. */
export function changeInSteps(
  about: string,
  flags: readonly string[],
  run: (broker: Broker, args: Arguments, done: (result: Json) => void) => Done,
): Command {
  return {
    about,
    flags,
    changes: true,
    run: (broker, args, answer) => {
      const outcome = run(broker, args, (result) => answer({ ok: true, result }))
      if (!outcome.ok) answer(outcome)
    },
  }
}

function isRefused(result: Json | Refused): result is Refused {
  return typeof result === 'object' && result !== null && 'ok' in result && result.ok === false && 'reason' in result
}

/** The argument of that name, which has to be there. @throws ArgumentError */
export function need(args: Arguments, name: string): string {
  const value = args[name]
  if (typeof value === 'string') return value
  throw new ArgumentError(`'${name}' is missing`)
}

export function optional(args: Arguments, name: string): string | undefined {
  const value = args[name]
  if (value === undefined || typeof value === 'string') return value
  throw new ArgumentError(`'${name}' has to be a text`)
}

/** The vhost that a command is about: the first one unless told otherwise. */
export function vhostOf(args: Arguments): string {
  return optional(args, 'vhost') ?? '/'
}

/** Texts that are regular expressions; all of them are named. */
export function needAll<const K extends string>(args: Arguments, ...names: K[]): Record<K, string> {
  return Object.fromEntries(names.map((name) => [name, need(args, name)])) as Record<K, string>
}

/** The command was not given what it needs. */
export class ArgumentError extends Error {
  override name = 'ArgumentError'

  get refusal(): Refused {
    return refused('invalid', this.message)
  }
}

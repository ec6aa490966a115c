import type { ExchangeProblem } from '../core/exchange/problem.ts'
import type { Field } from '../wire/amqp/field.ts'

/** What is the matter with an argument's value. */
export type ArgumentProblem =
  | { readonly problem: 'expected-integer' | 'unacceptable-type'; readonly type: Field['type'] }
  | { readonly problem: 'negative' | 'zero' | 'too-large' | 'beyond-maximum'; readonly value: number | bigint }
  | { readonly problem: 'unsupported-queue-type'; readonly type: string }
  | { readonly problem: 'unsupported-queue-version'; readonly version: string }
  | { readonly problem: 'invalid-overflow' | 'invalid-locator' | 'invalid-strategy' | 'routing-key-without-exchange' }
  | { readonly problem: 'invalid-max-age' | 'invalid-contract' }

/** A queue or an exchange that a refusal is about. */
export interface Named {
  readonly what: 'queue' | 'exchange'
  readonly name: string
  readonly vhost: string
}

/** Something that was declared: a field is an argument, undefined one that is absent. */
export type Declared = Field | string | boolean | undefined

/** Why the broker did not do what it was told. Each front has a table from reason to its protocol's answer. */
export type Refusal = { readonly ok: false } & (
  | { readonly reason: 'not-found'; readonly at: Named }
  /** Another connection's exclusive queue; or declared exclusive when it is not. */
  | { readonly reason: 'locked'; readonly at: Named }
  | { readonly reason: 'in-use'; readonly at: Named }
  | { readonly reason: 'not-empty'; readonly at: Named }
  /** The vhost has as many queues as it may have. */
  | { readonly reason: 'queue-limit'; readonly at: Named; readonly most: number }
  | { readonly reason: 'default-exchange' }
  | { readonly reason: 'system-exchange'; readonly at: Named }
  | { readonly reason: 'reserved-name'; readonly at: Named }
  | { readonly reason: 'unknown-exchange-type'; readonly type: string }
  /** Declared before, and differently. */
  | {
      readonly reason: 'inequivalent'
      readonly at: Named
      readonly arg: string
      readonly received: Declared
      readonly current: Declared
    }
  | { readonly reason: 'invalid-argument'; readonly at: Named; readonly arg: string; readonly because: ArgumentProblem }
  | { readonly reason: 'invalid-argument-type'; readonly at: Named; readonly arg: string; readonly type: Field['type'] }
  /** Known, but not to queues of this type. */
  | { readonly reason: 'argument-of-other-type'; readonly at: Named; readonly arg: string; readonly type: string }
  /** A queue of this type can't be that. */
  | { readonly reason: 'invalid-property'; readonly at: Named; readonly property: string }
  /** A queue of this type always has a name. */
  | { readonly reason: 'unnamed'; readonly type: string }
  /** Queues of this type are deleted whether or not they are in use, or empty. */
  | { readonly reason: 'unconditional-delete'; readonly at: Named; readonly flag: string; readonly type: string }
  /** An argument that was given up, and that RabbitMQ refuses rather than ignores. */
  | { readonly reason: 'master-locator' }
  | { readonly reason: 'invalid-exchange'; readonly problem: ExchangeProblem }
  /** What an exchange remembers found no queue behind the exchange that was bound to it. */
  | { readonly reason: 'history-has-no-queue' }
  /** Arguments that RabbitMQ refuses without saying of which queue. */
  | { readonly reason: 'too-large-argument' | 'unusable-argument'; readonly arg: string }
  /** A topic that is no stream has the name. */
  | { readonly reason: 'topic-exists'; readonly at: Named }
  /** The journal is full. */
  | { readonly reason: 'no-room' }
)

/** What a verb that can refuse returns. */
export type Outcome<T = object> = ({ readonly ok: true } & T) | Refusal

export function refuse<const R extends Reason<Refusal>>(refusal: R): R & { readonly ok: false } {
  return { ok: false, ...refusal }
}

type Reason<T> = T extends unknown ? Omit<T, 'ok'> : never

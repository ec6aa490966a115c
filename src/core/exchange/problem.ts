import type { Field } from '../../wire/amqp/field.ts'

/** What is the matter with an exchange's arguments, or with a binding from it. */
export type ExchangeProblem =
  /** RabbitMQ fails on it without a word. */
  | { readonly problem: 'unusable-argument' }
  | { readonly problem: 'two-hashes' | 'weight-too-small' | 'no-such-destination' }
  | { readonly problem: 'unknown-hash-property' | 'bad-history-length' | 'x-match'; readonly field: Field }
  | { readonly problem: 'weight-not-a-number' | 'key-not-empty'; readonly key: string }
  | { readonly problem: 'weight-too-large'; readonly most: number }
  | { readonly problem: 'queue-type'; readonly type: string }
  | { readonly problem: 'delayed-twice' | 'no-delayed-type' }
  | { readonly problem: 'unknown-type'; readonly type: string }

type WithField = Extract<ExchangeProblem, { field: Field }>['problem']

export function fault(problem: WithField, field: Field): ExchangeProblem {
  return { problem, field }
}

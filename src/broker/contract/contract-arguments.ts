import {
  CONTRACT_CHECKS,
  CONTRACT_LEVELS,
  CONTRACT_REFUSED,
  type ContractCheck,
  type MessageContract,
} from '../../core/queue/contract.ts'
import type { Field, Table } from '../../wire/amqp/field.ts'

/** The arguments of a queue or an exchange about its contract. Policies name them without `x-`. */
export const CONTRACT_ARGUMENTS: Readonly<Record<string, readonly string[] | 'text' | 'version'>> = {
  'x-schema': 'text',
  'x-schema-version': 'version',
  'x-schema-check': CONTRACT_LEVELS,
  'x-schema-by': CONTRACT_CHECKS,
  'x-schema-refused': CONTRACT_REFUSED,
}

/** Whether a field is a value for the argument. */
export function fitsContractArgument(arg: string, field: Field): boolean {
  const wanted = CONTRACT_ARGUMENTS[arg]
  if (wanted === 'version') return 'bBsuIilL'.includes(field.type) && Number(field.value) >= 1
  if (field.type !== 'S' || typeof field.value !== 'string') return false
  return wanted === 'text' ? field.value !== '' : wanted === undefined || wanted.includes(field.value)
}

/** The contract that arguments make, null without one. What does not fit is as good as nothing. */
export function contractOf(args: Table): MessageContract | null {
  const text = (arg: string) => {
    const field = args.get(arg)
    return field !== undefined && fitsContractArgument(arg, field) ? String(field.value) : null
  }
  const subject = text('x-schema')
  const level = text('x-schema-check') ?? 'reject'
  if (subject === null || level === 'off') return null
  return {
    subject,
    version: Number(text('x-schema-version') ?? 0),
    by: (text('x-schema-by') ?? 'body') as ContractCheck,
    refuses: level === 'reject',
    buries: text('x-schema-refused') !== 'drop',
  }
}

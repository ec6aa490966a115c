import type { Decimal, Field } from '../../wire/amqp/field.ts'

/**
 * Whether RabbitMQ takes two values for equal: numbers of whatever width by their value, but a whole number is never equal
 * to a floating one; text and binary by their bytes; arrays and tables only with equal types inside.
 */
export function sameTerm(a: Field, b: Field): boolean {
  switch (a.type) {
    case 't':
    case 'V':
      return a.type === b.type && a.value === b.value
    case 'f':
    case 'd':
      return (b.type === 'f' || b.type === 'd') && a.value === b.value
    case 'S':
    case 'x':
      return (b.type === 'S' || b.type === 'x') && sameBytes(a.value, b.value)
    case 'D':
      return b.type === 'D' && sameDecimal(a.value, b.value)
    case 'A':
      return b.type === 'A' && sameArray(a.value, b.value)
    case 'F':
      return b.type === 'F' && sameArray([...a.value.values()], [...b.value.values()]) && sameKeys(a.value, b.value)
    default:
      return typeof b.value === typeof a.value && isWhole(b) && a.value === b.value
  }
}

function isWhole(field: Field): boolean {
  return field.type !== 'f' && field.type !== 'd'
}

function sameBytes(a: string | Uint8Array, b: string | Uint8Array): boolean {
  if (typeof a === 'string' && typeof b === 'string') return a === b
  return Buffer.compare(bytesOf(a), bytesOf(b)) === 0
}

function bytesOf(value: string | Uint8Array): Uint8Array {
  return typeof value === 'string' ? Buffer.from(value) : value
}

function sameDecimal(a: Decimal, b: Decimal): boolean {
  return a.scale === b.scale && a.digits === b.digits
}

function sameArray(a: readonly Field[], b: readonly Field[]): boolean {
  return a.length === b.length && a.every((one, i) => one.type === b[i]!.type && sameTerm(one, b[i]!))
}

function sameKeys(a: ReadonlyMap<string, Field>, b: ReadonlyMap<string, Field>): boolean {
  const names = [...b.keys()]
  return a.size === b.size && [...a.keys()].every((name, i) => name === names[i])
}

/** Equal for values that are the same term, and different for most that are not: to look values up by. */
export function termClass({ type, value }: Field): string {
  switch (type) {
    case 't':
    case 'V':
      return `${type}${value}`
    case 'f':
    case 'd':
      // Zero has two signs, which are equal.
      return `f${value === 0 ? 0 : value}`
    case 'S':
    case 'x':
      return `s${typeof value === 'string' ? value : Buffer.from(value).toString()}`
    case 'D':
      return `D${value.digits}`
    case 'A':
      return `A${value.length}`
    case 'F':
      return `F${value.size}`
    default:
      return `n${value}`
  }
}

import { copyBytes, getI64, getU16, getU32 } from '../../std/bytes.ts'
import type { Field, Table } from '../../wire/amqp/field.ts'
import { fieldAt } from '../../wire/amqp/find-field.ts'
import { HEADER_FIXED } from '../../wire/amqp/frame.ts'
import { PROPERTIES } from '../../wire/amqp/properties.ts'
import { skimField } from '../../wire/amqp/skim.ts'
import type { RecordHeaders } from './headers.ts'

/** Bytes that a header takes beside its name and value, at most. */
const BESIDE = 10
const LONGEST_NUMBER = 20
const TRUE = Buffer.from('true')
const FALSE = Buffer.from('false')
const EXCHANGE = Buffer.from('amqp.exchange')
const ROUTING_KEY = Buffer.from('amqp.routing-key')

const LETTER = Object.fromEntries([...'tbBsuIilLTfdDSxAFV'].map((one) => [one, one.charCodeAt(0)])) as Record<
  Field['type'],
  number
>

/** The properties in their order: the names of their headers, and how long they are: 0 for a short string, -1 for the table. */
const OWN = Object.entries(PROPERTIES).map(([name, type]) => ({
  name: Buffer.from(`amqp.${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`),
  size: { shortstr: 0, octet: 1, longlong: 8, table: -1 }[type],
}))

const digits = new Uint8Array(LONGEST_NUMBER)

/** Adds what a message's publisher said as text, for readers that know nothing of AMQP, as long as there is room. */
export class ReadableHeaders {
  private readonly headers: RecordHeaders
  private left = 0

  constructor(headers: RecordHeaders) {
    this.headers = headers
  }

  /**
   * Exchange and routing key are two short strings at `b[keysAt]`, the header frame's payload is `b[payload, end)`, which has been looked
   * through before. What would take more than `most` bytes is left out, and all that follows.
   */
  add(b: Uint8Array, keysAt: number, payload: number, end: number, most: number): void {
    this.left = most
    const keyAt = keysAt + 1 + b[keysAt]!
    if (b[keysAt]! > 0) this.put(EXCHANGE, 0, EXCHANGE.length, b, keysAt + 1, b[keysAt]!)
    this.put(ROUTING_KEY, 0, ROUTING_KEY.length, b, keyAt + 1, b[keyAt]!)
    const flags = getU16(b, payload + HEADER_FIXED)
    let at = payload + HEADER_FIXED + 2
    let table = -1
    for (let i = 0; i < OWN.length && at < end; i++) {
      if ((flags & (0x8000 >> i)) === 0) continue
      const { name, size } = OWN[i]!
      if (size < 0) {
        table = at
        at += 4 + getU32(b, at)
      } else if (size === 0) {
        this.put(name, 0, name.length, b, at + 1, b[at]!)
        at += 1 + b[at]!
      } else {
        this.putNumber(name, 0, name.length, size === 1 ? b[at]! : getU32(b, at) * 2 ** 32 + getU32(b, at + 4))
        at += size
      }
    }
    if (table >= 0) this.addTable(b, table)
  }

  private addTable(b: Uint8Array, at: number): void {
    const end = at + 4 + getU32(b, at)
    for (let name = at + 4; name < end; ) {
      const type = name + 1 + b[name]!
      this.addField(b, name + 1, b[name]!, type)
      name = skimField(b, type, end, 0)
    }
  }

  private addField(b: Uint8Array, nameAt: number, nameLength: number, at: number): void {
    const type = b[at]!
    const value = at + 1
    if (type === LETTER.S || type === LETTER.x) this.put(b, nameAt, nameLength, b, value + 4, getU32(b, value))
    else if (type === LETTER.I) this.putNumber(b, nameAt, nameLength, getU32(b, value) | 0)
    else if (type === LETTER.i) this.putNumber(b, nameAt, nameLength, getU32(b, value))
    else if (type === LETTER.b) this.putNumber(b, nameAt, nameLength, (b[value]! << 24) >> 24)
    else if (type === LETTER.B) this.putNumber(b, nameAt, nameLength, b[value]!)
    else if (type === LETTER.s) this.putNumber(b, nameAt, nameLength, (getU16(b, value) << 16) >> 16)
    else if (type === LETTER.u) this.putNumber(b, nameAt, nameLength, getU16(b, value))
    else if (type === LETTER.V) this.put(b, nameAt, nameLength, b, value, 0)
    else if (type === LETTER.t) {
      const text = b[value]! === 0 ? FALSE : TRUE
      this.put(b, nameAt, nameLength, text, 0, text.length)
    } else if (isExact(type, b, value)) {
      this.putNumber(b, nameAt, nameLength, getI64(b, value))
    } else {
      // Tables, arrays and numbers that are no whole ones, or too large, are rare.
      const text = Buffer.from(textOf(fieldAt(b, at)))
      this.put(b, nameAt, nameLength, text, 0, text.length)
    }
  }

  private putNumber(name: Uint8Array, nameAt: number, nameLength: number, value: number): void {
    let at = LONGEST_NUMBER
    let rest = Math.abs(value)
    do {
      digits[--at] = 0x30 + (rest % 10)
      rest = Math.floor(rest / 10)
    } while (rest > 0)
    if (value < 0) digits[--at] = 0x2d
    this.put(name, nameAt, nameLength, digits, at, LONGEST_NUMBER - at)
  }

  private put(
    name: Uint8Array,
    nameAt: number,
    nameLength: number,
    value: Uint8Array,
    valueAt: number,
    valueLength: number,
  ): void {
    this.left -= nameLength + valueLength + BESIDE
    if (this.left < 0) return
    const to = this.headers.open(name, nameAt, nameLength, valueLength)
    copyBytes(value, valueAt, valueLength, this.headers.bytes, to)
  }
}

/** Whether it is a 64-bit number, and surely one that a double holds. A time is never below zero. */
function isExact(type: number, b: Uint8Array, at: number): boolean {
  if (type !== LETTER.l && type !== LETTER.L && type !== LETTER.T) return false
  const high = getU32(b, at) | 0
  return high > (type === LETTER.T ? -1 : -(2 ** 20)) && high < 2 ** 20
}

function textOf(field: Field): string {
  const { type, value } = field
  return type === 'A' || type === 'F' || type === 'D' ? JSON.stringify(plain(field)) : String(value ?? '')
}

function plain({ type, value }: Field): unknown {
  if (type === 'F') return plainTable(value)
  if (type === 'A') return value.map(plain)
  if (type === 'D') return value.digits / 10 ** value.scale
  if (typeof value === 'bigint') return value.toString()
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value
}

function plainTable(table: Table): Record<string, unknown> {
  return Object.fromEntries([...table].map(([name, field]) => [name, plain(field)]))
}

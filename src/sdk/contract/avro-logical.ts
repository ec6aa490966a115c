import type avsc from 'avsc'
import type { Type } from 'avsc'

type Avsc = typeof avsc

/** Its classes are abstract to the compiler, and are made by the library. */
type LogicalTypes = NonNullable<avsc.ForSchemaOptions['logicalTypes']>

const DAY_MS = 86_400_000

/** Avro's logical types as JavaScript has them: instants are `Date`, decimals text. What is not here stays what it is made of. */
export function logicalTypes({ Type, types }: Avsc): LogicalTypes {
  /** An instant, counted in a unit of so many milliseconds. */
  const instant = (unitMs: number) =>
    class extends types.LogicalType {
      protected override _fromValue(count: unknown): Date {
        return new Date(Number(count) * unitMs)
      }

      protected override _toValue(date: unknown): number | undefined {
        return date instanceof Date ? Math.round(date.getTime() / unitMs) : undefined
      }

      protected override _resolve(type: Type): unknown {
        const like = Type.isType(type, 'long', 'int', 'logical:timestamp', 'logical:date', 'logical:local-timestamp')
        return like ? (count: unknown) => this._fromValue(count) : undefined
      }
    }
  class Decimal extends types.LogicalType {
    private readonly scale: number

    constructor(schema: { readonly scale?: number }) {
      super(schema as never)
      this.scale = schema.scale ?? 0
    }

    protected override _fromValue(bytes: unknown): string {
      return decimalText(bytes as Uint8Array, this.scale)
    }

    protected override _toValue(value: unknown): Buffer | undefined {
      const size = (this.underlyingType as unknown as { size?: number }).size
      return decimalBytes(value, this.scale, size)
    }

    protected override _resolve(type: Type): unknown {
      return Type.isType(type, 'bytes', 'fixed', 'logical:decimal')
        ? (bytes: unknown) => this._fromValue(bytes)
        : undefined
    }
  }
  return {
    date: instant(DAY_MS),
    'timestamp-millis': instant(1),
    'timestamp-micros': instant(0.001),
    'local-timestamp-millis': instant(1),
    'local-timestamp-micros': instant(0.001),
    decimal: Decimal,
  } as unknown as LogicalTypes
}

/** Two's complement, the highest byte first. */
function decimalText(bytes: Uint8Array, scale: number): string {
  let value = 0n
  for (const byte of bytes) value = (value << 8n) | BigInt(byte)
  const unscaled = BigInt.asIntN(bytes.length * 8, value)
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0')
  const whole = digits.slice(0, digits.length - scale)
  return `${unscaled < 0n ? '-' : ''}${whole}${scale === 0 ? '' : `.${digits.slice(-scale)}`}`
}

/** Undefined for what is no such number, or does not fit. */
function decimalBytes(value: unknown, scale: number, size: number | undefined): Buffer | undefined {
  const [, sign, whole, fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(String(value)) ?? []
  if (whole === undefined || fraction.length > scale) return undefined
  const magnitude = BigInt(whole + fraction.padEnd(scale, '0'))
  const unscaled = sign === '-' ? -magnitude : magnitude
  let length = 1
  while (BigInt.asIntN(length * 8, unscaled) !== unscaled) length++
  if (size !== undefined && length > size) return undefined
  const bytes = Buffer.alloc(size ?? length)
  let rest = unscaled
  for (let at = bytes.length - 1; at >= 0; at--) {
    bytes[at] = Number(rest & 0xffn)
    rest >>= 8n
  }
  return bytes
}

import { type MessageHeaders, propertyOf, type RoutingProperty } from '../../core/exchange/bindings.ts'
import { EMPTY_TABLE, type Field, type Table } from '../../wire/amqp/field.ts'
import { fieldAt, findField } from '../../wire/amqp/find-field.ts'
import { decodeProperties } from '../../wire/amqp/properties.ts'
import { Reader } from '../../wire/amqp/reader.ts'

/** The headers of the message that is being routed, decoded only if an exchange asks. */
export class LazyHeaders implements MessageHeaders {
  private bytes: Uint8Array = new Uint8Array(0)
  private at = -1
  private from = 0
  private end = 0

  /** The header frame's payload is `bytes[header, headerEnd)`; in it the table with its length begins at `at`, -1 for none. */
  set(bytes: Uint8Array, at: number, header: number, headerEnd: number): void {
    this.bytes = bytes
    this.at = at
    this.from = header
    this.end = headerEnd
  }

  header(name: string): Field | undefined {
    if (this.at < 0) return undefined
    if (Buffer.byteLength(name) > name.length) return this.headers().get(name)
    const at = findField(this.bytes, this.at, name)
    return at < 0 ? undefined : fieldAt(this.bytes, at)
  }

  property(name: RoutingProperty): string | undefined {
    return propertyOf(decodeProperties(this.bytes, this.from, this.end), name)
  }

  headers(): Table {
    return this.at < 0 ? EMPTY_TABLE : new Reader(this.bytes, this.at, this.bytes.length).table()
  }
}

import type { AvroType } from './type.ts'

/** How deep values may lie within one another, and how many there may be beside one for each byte: an item may take no byte at all. */
const MAX_DEPTH = 200
const MAX_EMPTY = 10_000

const BAD_BLOCK = 'a block of items has an impossible length'

/**
 * Looks whether bytes are a value of an Avro type in the binary encoding, and nothing behind it. It makes no value: each is read to know where the
 * next begins.
 */
export class AvroData {
  private bytes: Uint8Array = new Uint8Array(0)
  private at = 0
  private end = 0
  private left = 0
  private problem: string | null = null

  /** Why `bytes[at, end)` are no value of the type, null if they are. */
  check(type: AvroType, bytes: Uint8Array, at: number, end: number): string | null {
    this.bytes = bytes
    this.at = at
    this.end = end
    this.left = end - at + MAX_EMPTY
    this.problem = null
    if (this.value(type, 0) && this.at < end) this.fail(`${end - this.at} bytes are left over`)
    return this.problem
  }

  private value(type: AvroType, depth: number): boolean {
    if (--this.left < 0 || depth > MAX_DEPTH) return this.fail('it has too many values, or too deep ones')
    switch (type.kind) {
      case 'null':
        return true
      case 'boolean':
        return this.boolean()
      case 'int':
      case 'long':
        return this.skipNumber(type.kind === 'int' ? 5 : 10, type.kind)
      case 'float':
        return this.skip(4, type.kind)
      case 'double':
        return this.skip(8, type.kind)
      case 'bytes':
      case 'string': {
        const length = this.number()
        return length === null ? false : this.skip(length, type.kind)
      }
      case 'fixed':
        return this.skip(type.size, type.full)
      case 'enum': {
        const index = this.number()
        if (index === null) return false
        return (index >= 0 && index < type.symbols.length) || this.fail(`${type.full} has no symbol ${index}`)
      }
      case 'array':
        return this.blocks(type.items, depth, false)
      case 'map':
        return this.blocks(type.values, depth, true)
      case 'union': {
        const index = this.number()
        if (index === null) return false
        const branch = type.branches[index]
        return branch === undefined ? this.fail(`a union has no type ${index}`) : this.value(branch, depth + 1)
      }
      case 'record':
        for (const field of type.fields) {
          if (this.value(field.type, depth + 1)) continue
          this.problem = `${field.name}${this.problem?.includes(': ') === true ? '.' : ': '}${this.problem}`
          return false
        }
        return true
    }
  }

  private boolean(): boolean {
    const byte = this.at < this.end ? this.bytes[this.at++] : -1
    return byte === 0 || byte === 1 || this.fail('a boolean is neither 0 nor 1')
  }

  /** Items or entries in blocks: a count, negative if the block's bytes follow it, and 0 at the end. */
  private blocks(type: AvroType, depth: number, keys: boolean): boolean {
    for (;;) {
      let count = this.number()
      if (count === null) return false
      if (count === 0) return true
      if (count < 0) {
        count = -count
        const length = this.number()
        if (length === null || length < 0 || length > this.end - this.at) return this.fail(BAD_BLOCK)
      }
      for (; count > 0; count -= 1) {
        if (keys) {
          const length = this.number()
          if (length === null || !this.skip(length, 'a key of a map')) return false
        }
        if (!this.value(type, depth + 1)) return false
      }
    }
  }

  private skip(length: number, what: string): boolean {
    if (length < 0 || length > this.end - this.at) return this.fail(`${what} does not end where the bytes do`)
    this.at += length
    return true
  }

  private skipNumber(most: number, what: string): boolean {
    for (let count = 0; count < most && this.at < this.end; count += 1) if (this.bytes[this.at++]! < 0x80) return true
    return this.fail(`${what} does not end`)
  }

  /** A zigzag varint. Beyond 2^53 it is inexact, and no length that fits. */
  private number(): number | null {
    let value = 0
    let factor = 1
    for (let count = 0; count < 10 && this.at < this.end; count += 1) {
      const byte = this.bytes[this.at++]!
      value += (byte & 0x7f) * factor
      factor *= 128
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2
    }
    this.fail('a number does not end')
    return null
  }

  private fail(problem: string): false {
    this.problem = problem
    return false
  }
}

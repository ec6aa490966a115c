/* Varints of signed numbers, as Kafka's records have them: 0, -1, 1, -2 … are 0, 1, 2, 3 … */

/** Bytes of a zigzag varint. */
export function varintSize(value: number): number {
  let rest = value < 0 ? -value * 2 - 1 : value * 2
  let size = 1
  for (; rest >= 0x80; size++) rest = Math.floor(rest / 0x80)
  return size
}

/** Writes a zigzag varint at `bytes[at]` and returns where it ends. */
export function putVarint(bytes: Uint8Array, at: number, value: number): number {
  let rest = value < 0 ? -value * 2 - 1 : value * 2
  let to = at
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes[to++] = (rest % 0x80) | 0x80
  bytes[to++] = rest
  return to
}

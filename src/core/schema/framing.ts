/*
 * The wire format of schemas, before the data or, as the first, in a header:
 *
 *   ┌────┬────────┬──────        ┌────┬──────────┬──────
 *   │ 00 │ id i32 │ data         │ 01 │ guid 16B │ data
 *   └────┴────────┴──────        └────┴──────────┴──────
 */
const BY_ID = 0
const BY_GUID = 1
const ID_BYTES = 5
const GUID_BYTES = 17

/** Where data says which schema it is of. One object, filled anew by each `readFrame`. */
export interface Frame {
  /** -1 if there is a guid. */
  id: number
  guid: string
  /** Behind it. */
  dataAt: number
}

const frame: Frame = { id: -1, guid: '', dataAt: 0 }

/** Reads what `bytes[at, end)` begins with. A text says why that is no schema's id. */
export function readFrame(bytes: Uint8Array, at: number, end: number): Frame | string {
  const magic = at < end ? bytes[at] : -1
  if (magic === BY_ID && end - at >= ID_BYTES) {
    frame.id = (bytes[at + 1]! << 24) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 8) | bytes[at + 4]!
    frame.guid = ''
    frame.dataAt = at + ID_BYTES
    return frame
  }
  if (magic === BY_GUID && end - at >= GUID_BYTES) {
    frame.id = -1
    frame.guid = guidAt(bytes, at + 1)
    frame.dataAt = at + GUID_BYTES
    return frame
  }
  if (magic === BY_ID || magic === BY_GUID) return `it ends within the id of its schema`
  return magic < 0 ? 'it is empty' : `it begins with the byte ${magic} and not with the id of a schema`
}

function guidAt(bytes: Uint8Array, at: number): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + at, GUID_BYTES - 1).toString('hex')
  return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)].join('-')
}

/** Where bytes are kept: see docs/adr/0002-store.md. */
export const JOURNAL = 0
export const SPILL = 1
export const SEGMENT = 2
export type Place = typeof JOURNAL | typeof SPILL | typeof SEGMENT

/** A segment's number and a byte in its file, as one position. */
export const SEGMENT_SPAN = 2 ** 32

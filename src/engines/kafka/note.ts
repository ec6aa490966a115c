/** Offsets above the first unsettled one of which a commit says whether they are settled. */
export const MOST_NOTED = 20_000

/** What a commit says beside the offset. */
export interface Note {
  /** Whoever wrote it was still at work. */
  readonly open: boolean
  /** How often the message at the offset was handed out before by those who were lost. */
  readonly lost: number
  readonly settled: readonly number[]
}

const VERSION = '1'

export function writeNote({ open, lost, settled }: Note, offset: number): string {
  let last = 0
  for (const one of settled) if (one - offset < MOST_NOTED) last = Math.max(last, one - offset)
  const bits = new Uint8Array(last === 0 ? 0 : (last >> 3) + 1)
  for (const one of settled) if (one - offset <= last) bits[(one - offset) >> 3]! |= 1 << ((one - offset) & 7)
  return `${VERSION}.${open ? 1 : 0}.${lost}.${Buffer.from(bits).toString('base64url')}`
}

/** Nothing is known of what another one has committed. */
export function readNote(offset: number, metadata: string): Note {
  const [version, open, lost, text = ''] = metadata.split('.')
  if (version !== VERSION) return { open: false, lost: 0, settled: [] }
  const settled: number[] = []
  for (const [at, byte] of Buffer.from(text, 'base64url').entries()) {
    for (let bit = 0; bit < 8; bit++) if ((byte & (1 << bit)) !== 0) settled.push(offset + 8 * at + bit)
  }
  return { open: open === '1', lost: Number(lost) || 0, settled }
}

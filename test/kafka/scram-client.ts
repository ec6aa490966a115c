import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'

const HASHES = { 'SCRAM-SHA-256': ['sha256', 32], 'SCRAM-SHA-512': ['sha512', 64] } as const

export type ScramName = keyof typeof HASHES

export const ITERATIONS = 4096

/** What a client sends to set a password: salted by itself, so that the broker never sees it. */
export function saltedPassword(mechanism: ScramName, password: string, salt: Uint8Array): Buffer {
  const [hash, length] = HASHES[mechanism]
  return pbkdf2Sync(password, salt, ITERATIONS, length, hash)
}

/** A client's side of SCRAM, straight from RFC 5802. */
export class ScramClient {
  readonly first: string
  private readonly mechanism: ScramName
  private readonly password: string
  private readonly bare: string
  private serverSignature = ''

  constructor(mechanism: ScramName, user: string, password: string) {
    this.mechanism = mechanism
    this.password = password
    this.bare = `n=${user},r=client-nonce`
    this.first = `n,,${this.bare}`
  }

  /** Answers the server's first message with the proof. */
  final(challenge: string): string {
    const [hash] = HASHES[this.mechanism]
    const [nonce, salt] = challenge.split(',').map((part) => part.slice(2)) as [string, string]
    const salted = saltedPassword(this.mechanism, this.password, Buffer.from(salt, 'base64'))
    const clientKey = createHmac(hash, salted).update('Client Key').digest()
    const serverKey = createHmac(hash, salted).update('Server Key').digest()
    const withoutProof = `c=biws,r=${nonce}`
    const message = `${this.bare},${challenge},${withoutProof}`
    const signature = createHmac(hash, createHash(hash).update(clientKey).digest()).update(message).digest()
    this.serverSignature = createHmac(hash, serverKey).update(message).digest('base64')
    const proof = clientKey.map((byte, at) => byte ^ signature[at]!)
    return `${withoutProof},p=${Buffer.from(proof).toString('base64')}`
  }

  /** Whether the server's last word shows that it knows the password, too. */
  believes(last: string): boolean {
    return last === `v=${this.serverSignature}`
  }
}

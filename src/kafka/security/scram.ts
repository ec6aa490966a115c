import { type ScramCredential, type ScramMechanism, verifyProof } from '../../broker/access/scram.ts'
import type { Random } from '../../env/random.ts'
import { type Mechanism, type Outcome, refuse } from './mechanism.ts'

/** Bytes of randomness in our half of the nonce. */
const NONCE_BYTES = 18
/** `n,` and an authorization id, `n=` user, `r=` nonce, and extensions that nobody uses. Channels are not bound. */
const CLIENT_FIRST = /^n,(?:a=([^,]*))?,(n=([^,]*),r=([\x21-\x2b\x2d-\x7e]+)(?:,.*)?)$/
const CLIENT_FINAL = /^(c=[A-Za-z0-9+/=]*,r=([^,]*)(?:,.*)?),p=([A-Za-z0-9+/=]+)$/

/** SCRAM (RFC 5802), the server's side: two messages each way. */
export class Scram implements Mechanism {
  private readonly mechanism: ScramMechanism
  private readonly credentialOf: (user: string) => ScramCredential | undefined
  private readonly random: Random
  private user = ''
  private credential: ScramCredential | null = null
  private nonce = ''
  /** Both first messages, as the proof covers them. */
  private said = ''

  constructor(mechanism: ScramMechanism, credentialOf: (user: string) => ScramCredential | undefined, random: Random) {
    this.mechanism = mechanism
    this.credentialOf = credentialOf
    this.random = random
  }

  next(token: Uint8Array, done: (outcome: Outcome) => void): void {
    const text = Buffer.from(token).toString()
    done(this.credential === null ? this.first(text) : this.final(text, this.credential))
  }

  private first(text: string): Outcome {
    const [, id, bare, name, nonce] = CLIENT_FIRST.exec(text) ?? []
    if (bare === undefined || nonce === undefined) return refuse(null)
    const user = plainName(name ?? '')
    if (user === null) return refuse(null)
    if (id !== undefined && id !== '' && plainName(id) !== user) return refuse(null)
    const credential = this.credentialOf(user)
    if (credential === undefined) return refuse(null)
    const ours = new Uint8Array(NONCE_BYTES)
    this.random.fill(ours)
    this.user = user
    this.credential = credential
    this.nonce = nonce + Buffer.from(ours).toString('base64')
    const answer = `r=${this.nonce},s=${credential.salt},i=${credential.iterations}`
    this.said = `${bare},${answer}`
    return { ok: true, token: Buffer.from(answer), user: null }
  }

  private final(text: string, credential: ScramCredential): Outcome {
    const [, withoutProof, nonce, proof] = CLIENT_FINAL.exec(text) ?? []
    if (proof === undefined || nonce !== this.nonce) return refuse(null)
    const signature = verifyProof(
      this.mechanism,
      credential,
      `${this.said},${withoutProof}`,
      Buffer.from(proof, 'base64'),
    )
    if (signature === null) return refuse(null)
    return { ok: true, token: Buffer.from(`v=${signature.toString('base64')}`), user: this.user }
  }
}

/** A name as SCRAM writes it: `=2C` is a comma, `=3D` an equals sign. Null if there is another. */
function plainName(text: string): string | null {
  if (/=(?!2C|3D)/.test(text)) return null
  return text.replaceAll('=2C', ',').replaceAll('=3D', '=')
}

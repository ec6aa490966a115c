import { type Mechanism, NO_TOKEN, type Outcome, refuse } from './mechanism.ts'

/** Whose token it is and until when it is good, or what is wrong with it. */
export type Token =
  | { readonly ok: true; readonly user: string; readonly expiresAt: number }
  | { readonly ok: false; readonly text: string }

export type CheckToken = (token: string, done: (token: Token) => void) => void

const HEADER = /^n,(?:a=([^,]*))?,$/
/** Between the parts of the client's message: a byte of value one. */
const CTRL_A = 1
const SEPARATOR = String.fromCharCode(CTRL_A)

/**
 * OAUTHBEARER (RFC 7628). A token that is not good is answered with an error in JSON, which the client acknowledges with one byte; then
 * the login fails.
 */
export class OauthBearer implements Mechanism {
  private readonly check: CheckToken
  /** What was said about a token that is not good. */
  private refusal: string | null = null

  constructor(check: CheckToken) {
    this.check = check
  }

  next(token: Uint8Array, done: (outcome: Outcome) => void): void {
    if (this.refusal !== null && token.length === 1 && token[0] === CTRL_A) {
      done(refuse(this.refusal))
      return
    }
    this.refusal = null
    const [header = '', ...pairs] = Buffer.from(token).toString().split(SEPARATOR)
    const id = HEADER.exec(header)
    const auth = pairs.find((pair) => pair.startsWith('auth='))
    const bearer = /^auth=bearer +(\S+)$/i.exec(auth ?? '')?.[1]
    if (id === null || bearer === undefined) {
      done(refuse(null))
      return
    }
    this.check(bearer, (checked) => done(this.answer(checked, id[1] ?? '')))
  }

  private answer(checked: Token, id: string): Outcome {
    if (!checked.ok) {
      this.refusal = JSON.stringify({ status: 'invalid_token' })
      return { ok: true, token: Buffer.from(this.refusal), user: null }
    }
    const { user, expiresAt } = checked
    if (id === '' || id === user) return { ok: true, token: NO_TOKEN, user, expiresAt }
    return refuse(
      `Authentication failed: Client requested an authorization id (${id}) that is different from the token's principal name (${user})`,
    )
  }
}

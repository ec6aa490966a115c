import { type Mechanism, NO_TOKEN, type Outcome, refuse } from './mechanism.ts'

/** Whether that is the user's password. */
export type CheckPassword = (user: string, password: string) => boolean

/** PLAIN (RFC 4616): `authorization id NUL user NUL password`. The texts are Kafka's. */
export class Plain implements Mechanism {
  private readonly check: CheckPassword

  constructor(check: CheckPassword) {
    this.check = check
  }

  next(token: Uint8Array, done: (outcome: Outcome) => void): void {
    done(this.answer(Buffer.from(token).toString()))
  }

  private answer(text: string): Outcome {
    const parts = text.split('\0')
    if (parts.length !== 3) return refuse(`Invalid SASL/PLAIN response: expected 3 tokens, got ${parts.length}`)
    const [id, user, password] = parts as [string, string, string]
    if (user === '') return refuse('Authentication failed: username not specified')
    if (password === '') return refuse('Authentication failed: password not specified')
    if (!this.check(user, password)) return refuse('Authentication failed: Invalid username or password')
    if (id !== '' && id !== user) {
      return refuse('Authentication failed: Client requested an authorization id that is different from username')
    }
    return { ok: true, token: NO_TOKEN, user }
  }
}

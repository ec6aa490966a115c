import type { Broker } from '../../broker/broker.ts'
import type { Mechanism, Outcome } from './mechanism.ts'
import { beginMechanism, type SaslOptions } from './sasl.ts'

/** Keys of the requests that this is about. */
const SASL_HANDSHAKE = 17
const API_VERSIONS = 18
const SASL_AUTHENTICATE = 36

/** Who has not logged in sends no larger requests, as `sasl.server.max.receive.size`. */
export const MAX_UNKNOWN = 524_288
/** A client logs in again once in a second at most. */
const LEAST_REAUTH_MS = 1000

/**
 * Where a connection stands: ApiVersions may be asked once, then comes SaslHandshake, then SaslAuthenticate until somebody is logged in. Logging
 * in again begins with SaslHandshake; until it is done nothing else is served.
 */
type State = 'versions' | 'handshake' | 'authenticate' | 'done' | 'failed'

/** What a client's message led to. */
export type LoginAnswer =
  | { readonly ok: true; readonly token: Uint8Array; readonly lifetimeMs: number }
  | { readonly ok: false; readonly text: string }

/** One connection's way from a stranger to a user. The rules are those of Kafka's SaslServerAuthenticator. */
export class Login {
  /** Who is logged in; null before the first login. */
  user: string | null = null
  /** The client's next messages come without Kafka's headers, as after a SaslHandshake of version 0. */
  bare = false
  readonly options: SaslOptions
  private readonly broker: Broker
  private readonly address: string
  private state: State = 'versions'
  private name = ''
  private mechanism: Mechanism | null = null
  /** The login is good until then, as `Clock.elapsed` counts. */
  private expiresAt = Number.POSITIVE_INFINITY
  private again = false
  private beganAgainAt = Number.NEGATIVE_INFINITY
  /** The mechanism of the first login, which later ones have to use as well. */
  private firstName = ''

  constructor(broker: Broker, options: SaslOptions, address: string) {
    this.broker = broker
    this.options = options
    this.address = address
  }

  /** Requests are taken from this one as from anybody who is known. */
  get done(): boolean {
    return this.state === 'done'
  }

  /** Why the request with that key ends the connection, null if it does not. */
  refusal(key: number, name: string): string | null {
    switch (this.state) {
      case 'versions':
      case 'handshake':
        if (key === SASL_HANDSHAKE || (key === API_VERSIONS && this.state === 'versions' && !this.again)) return null
        return `unexpected request ${name} during the SASL handshake`
      case 'authenticate':
        return key === SASL_AUTHENTICATE ? null : `unexpected request ${name} during SASL authentication`
      case 'done': {
        const expired = this.broker.env.clock.elapsed() > this.expiresAt
        if (!expired || key === SASL_HANDSHAKE) return null
        return `the login of '${this.user}' is too old, and the client does not log in again`
      }
      case 'failed':
        return 'the login has failed'
    }
  }

  /** ApiVersions was answered. */
  versionsTold(): void {
    if (this.state === 'versions') this.state = 'handshake'
  }

  /** Whether a SaslHandshake is in order now. */
  mayBegin(): boolean {
    if (this.state === 'versions' || this.state === 'handshake') return true
    const now = this.broker.env.clock.elapsed()
    // Who has logged in for ever need not, and may not, do it again.
    if (this.state !== 'done' || this.expiresAt === Number.POSITIVE_INFINITY) return false
    if (now - this.beganAgainAt < LEAST_REAUTH_MS) return false
    this.beganAgainAt = now
    this.again = true
    this.state = 'handshake'
    return true
  }

  /** False if the mechanism is not offered: then the connection ends. */
  begin(name: string, version: number): boolean {
    if (!this.options.mechanisms.includes(name)) {
      this.state = 'failed'
      return false
    }
    const { access, env } = this.broker
    this.name = name
    this.bare = version === 0
    this.mechanism = beginMechanism(name, this.options, access, this.address, env.random)
    this.state = 'authenticate'
    return true
  }

  /** Whether a SaslAuthenticate is in order now. */
  get expectsToken(): boolean {
    return this.state === 'authenticate'
  }

  /** Takes the client's next message. A failed login is answered after a while. */
  next(token: Uint8Array, done: (answer: LoginAnswer) => void): void {
    if (this.again && this.name !== this.firstName) {
      this.fail(`Unable to change SASL mechanism during re-authentication: ${this.firstName} -> ${this.name}`, done)
      return
    }
    this.mechanism!.next(token, (outcome) => this.came(outcome, done))
  }

  private came(outcome: Outcome, done: (answer: LoginAnswer) => void): void {
    if (!outcome.ok) {
      const what = this.again ? 're-authentication' : 'authentication'
      const text = `Authentication failed during ${what} due to invalid credentials with SASL mechanism ${this.name}`
      this.fail(outcome.text ?? text, done)
      return
    }
    if (outcome.user === null) {
      done({ ok: true, token: outcome.token, lifetimeMs: 0 })
      return
    }
    if (this.again && outcome.user !== this.user) {
      this.fail(`Cannot change principals during re-authentication from ${this.user} to ${outcome.user}`, done)
      return
    }
    this.user = outcome.user
    this.firstName = this.name
    this.mechanism = null
    this.bare = false
    this.state = 'done'
    done({ ok: true, token: outcome.token, lifetimeMs: this.takeLifetime(outcome.expiresAt) })
  }

  /** The shorter of what the listener allows and what the login itself is good for; 0 if neither says. */
  private takeLifetime(goodUntil: number | undefined): number {
    const { clock } = this.broker.env
    const { maxReauthMs } = this.options
    const own = goodUntil === undefined ? Number.POSITIVE_INFINITY : Math.max(0, goodUntil - clock.now())
    const lifetimeMs = Math.min(own, maxReauthMs === 0 ? Number.POSITIVE_INFINITY : maxReauthMs)
    this.expiresAt = clock.elapsed() + lifetimeMs
    return lifetimeMs === Number.POSITIVE_INFINITY ? 0 : Math.floor(lifetimeMs)
  }

  private fail(text: string, done: (answer: LoginAnswer) => void): void {
    this.state = 'failed'
    this.mechanism = null
    const { access, env, timers } = this.broker
    const now = env.clock.elapsed()
    const delayMs = Math.max(this.options.failureDelayMs, access.failures.delayMs(this.address, now))
    access.failures.note(this.address, now)
    timers.after(delayMs, () => done({ ok: false, text }))
  }
}

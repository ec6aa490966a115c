import { readFileSync } from 'node:fs'
import type { JSONWebKeySet, JWTVerifyGetKey } from 'jose'
import type { Clock } from '../env/clock.ts'
import type { CheckToken } from '../kafka/security/oauth-bearer.ts'
import { ConfigError } from './config-error.ts'
import { isLoopback } from './listen-address.ts'

/** As `sasl.oauthbearer.clock.skew.seconds`. */
const CLOCK_TOLERANCE_S = 30
/** How often a file of keys is read again for a key that is not in it. */
const FILE_COOLDOWN_MS = 10_000

export interface TokenOptions {
  /** File or URL of the key set. */
  readonly jwks: string
  readonly issuer: string | null
  readonly audience: string | null
  /** The claim with the user's name. */
  readonly principalClaim: string
}

/** Checks signature, time, issuer and audience of tokens. The library is loaded with the first one. */
export function tokenCheck(options: TokenOptions, clock: Clock): CheckToken {
  checkSource(options.jwks)
  let keys: Promise<JWTVerifyGetKey> | null = null
  const verify = async (token: string) => {
    const { jwtVerify } = await import('jose')
    keys ??= keysOf(options.jwks, clock)
    const { payload } = await jwtVerify(token, await keys, {
      ...(options.issuer === null ? {} : { issuer: options.issuer }),
      ...(options.audience === null ? {} : { audience: options.audience }),
      clockTolerance: CLOCK_TOLERANCE_S,
      currentDate: new Date(clock.now()),
      requiredClaims: ['exp', 'iat', options.principalClaim],
    })
    const user = payload[options.principalClaim]
    if (typeof user !== 'string' || user === '') throw new Error(`the claim '${options.principalClaim}' is no name`)
    return { ok: true as const, user, expiresAt: payload.exp! * 1000 }
  }
  return (token, done) => {
    verify(token).then(done, (error: Error) => done({ ok: false, text: error.message }))
  }
}

function checkSource(jwks: string): void {
  if (!/^[a-z]+:\/\//.test(jwks)) {
    readKeys(jwks)
    return
  }
  const url = new URL(jwks)
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname))) return
  throw new ConfigError(`kafka.oauth.jwks: '${jwks}' is neither a file nor https:// (http:// is for loopback only)`)
}

function readKeys(path: string): JSONWebKeySet {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as JSONWebKeySet
  } catch (error) {
    throw new ConfigError(`kafka.oauth.jwks: ${path} can't be read as JSON: ${(error as Error).message}`)
  }
}

async function keysOf(jwks: string, clock: Clock): Promise<JWTVerifyGetKey> {
  const { createLocalJWKSet, createRemoteJWKSet, errors } = await import('jose')
  if (/^https?:\/\//.test(jwks)) return createRemoteJWKSet(new URL(jwks))
  let local = createLocalJWKSet(readKeys(jwks))
  let readAt = clock.elapsed()
  return async (header, token) => {
    try {
      return await local(header, token)
    } catch (error) {
      const mayRead = clock.elapsed() - readAt >= FILE_COOLDOWN_MS
      if (!(error instanceof errors.JWKSNoMatchingKey) || !mayRead) throw error
      // Keys are changed by writing the file anew.
      readAt = clock.elapsed()
      local = createLocalJWKSet(readKeys(jwks))
      return local(header, token)
    }
  }
}

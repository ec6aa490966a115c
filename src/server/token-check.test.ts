import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import type { Token } from '../kafka/security/oauth-bearer.ts'
import { tokenCheck } from './token-check.ts'

const folder = mkdtempSync(join(tmpdir(), 'posthorn-keys-'))
after(() => rmSync(folder, { recursive: true }))
const jwks = join(folder, 'jwks.json')
const OPTIONS = { jwks, issuer: 'https://issuer.example', audience: 'kafka', principalClaim: 'sub' }

/** Half past some hour. */
let now = 1_800_000_000_000
let elapsed = 0
const clock = { now: () => now, elapsed: () => elapsed, alarm: () => {}, afterInput: () => {} }

let pair: Awaited<ReturnType<typeof generateKeyPair>>

async function write(kid: string): Promise<string> {
  pair = await generateKeyPair('ES256', { extractable: true })
  const text = JSON.stringify({ keys: [{ ...(await exportJWK(pair.publicKey)), kid, alg: 'ES256', use: 'sig' }] })
  writeFileSync(jwks, text)
  return text
}
before(() => write('one'))

function sign(claims: Record<string, unknown> = {}, kid = 'one'): Promise<string> {
  const at = Math.floor(now / 1000)
  const all = { sub: 'carol', iss: OPTIONS.issuer, aud: 'kafka', iat: at, exp: at + 60, ...claims }
  return new SignJWT(all).setProtectedHeader({ alg: 'ES256', kid }).sign(pair.privateKey)
}

const check = (token: string, with_ = tokenCheck(OPTIONS, clock)) =>
  new Promise<Token>((resolve) => with_(token, resolve))

test('a token that is signed, in time, and for us names its user', async () => {
  const at = Math.floor(now / 1000)
  assert.deepEqual(await check(await sign()), { ok: true, user: 'carol', expiresAt: (at + 60) * 1000 })
  const other = tokenCheck({ ...OPTIONS, principalClaim: 'azp' }, clock)
  assert.equal(((await check(await sign({ azp: 'dave' }), other)) as { user: string }).user, 'dave')
})

test('any other is refused', async () => {
  const at = Math.floor(now / 1000)
  const good = await sign()
  const [header, , signature] = good.split('.')
  const forged = Buffer.from(JSON.stringify({ sub: 'root', exp: at + 60, iat: at })).toString('base64url')
  const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${forged}.`
  const bad = [
    'rubbish',
    `${header}.${forged}.${signature}`,
    unsigned,
    await sign({ exp: at - 31 }),
    await sign({ aud: 'other' }),
    await sign({ iss: 'other' }),
    await sign({ sub: '' }),
    await sign({ exp: undefined }),
    await sign({}, 'unknown'),
  ]
  for (const token of bad) assert.equal((await check(token)).ok, false, token)
  assert.equal((await check(await sign({ exp: at - 20 }))).ok, true, 'clocks differ a little')
})

test('keys in a file are read again for a key that is not known, but not all the time', async () => {
  const checker = tokenCheck(OPTIONS, clock)
  assert.equal((await check(await sign(), checker)).ok, true)
  await write('two')
  const token = await sign({}, 'two')
  assert.equal((await check(token, checker)).ok, false)
  elapsed += 10_000
  assert.equal((await check(token, checker)).ok, true)
})

test('keys can be at a URL, without encryption on this machine only', async () => {
  const text = await write('three')
  const server = createServer((_request, response) => response.end(text))
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as { port: number }
  const remote = tokenCheck({ ...OPTIONS, jwks: `http://127.0.0.1:${port}/keys` }, clock)
  assert.equal((await check(await sign({}, 'three'), remote)).ok, true)
  server.close()
  server.closeAllConnections()
  assert.throws(() => tokenCheck({ ...OPTIONS, jwks: 'http://keys.example/' }, clock), /http:\/\/ is for loopback only/)
  assert.throws(() => tokenCheck({ ...OPTIONS, jwks: join(folder, 'none') }, clock), /can't be read/)
  now += 1
})

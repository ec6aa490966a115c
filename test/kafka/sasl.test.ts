import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { KafkaLink } from '../../sim/kafka/link.ts'
import { setUser } from '../../src/broker/access/user.ts'
import { ErrorCode } from '../../src/wire/kafka/errors.ts'
import {
  AlterUserScramCredentialsRequest,
  AlterUserScramCredentialsResponse,
} from '../../src/wire/kafka/messages/alter-user-scram-credentials.ts'
import { ApiVersionsRequest, ApiVersionsResponse } from '../../src/wire/kafka/messages/api-versions.ts'
import {
  DescribeUserScramCredentialsRequest,
  DescribeUserScramCredentialsResponse,
} from '../../src/wire/kafka/messages/describe-user-scram-credentials.ts'
import { MetadataRequest, MetadataResponse } from '../../src/wire/kafka/messages/metadata.ts'
import { SaslAuthenticateRequest, SaslAuthenticateResponse } from '../../src/wire/kafka/messages/sasl-authenticate.ts'
import { SaslHandshakeRequest, SaslHandshakeResponse } from '../../src/wire/kafka/messages/sasl-handshake.ts'
import { KafkaRig, type RigAccess } from './rig.ts'
import { ITERATIONS, ScramClient, type ScramName, saltedPassword } from './scram-client.ts'

function rigWith(access: RigAccess = {}): KafkaRig {
  const rig = new KafkaRig({}, access)
  rig.run(100)
  setUser(rig.broker, { name: 'alice', password: 'secret' })
  setUser(rig.broker, { name: 'bob', password: 'other' })
  return rig
}

const handshake = (rig: KafkaRig, client: KafkaLink, mechanism: string, version = 1) =>
  rig.ask(SaslHandshakeRequest, SaslHandshakeResponse, version, { mechanism }, client)

function authenticate(rig: KafkaRig, client: KafkaLink, token: string) {
  const authBytes = Buffer.from(token)
  const answer = rig.ask(SaslAuthenticateRequest, SaslAuthenticateResponse, 2, { authBytes }, client)
  return { ...answer, text: Buffer.from(answer.authBytes).toString() }
}

function plain(rig: KafkaRig, client: KafkaLink, user: string, password: string) {
  assert.equal(handshake(rig, client, 'PLAIN').errorCode, ErrorCode.NONE)
  return authenticate(rig, client, `\0${user}\0${password}`)
}

const isServed = (rig: KafkaRig, client: KafkaLink) =>
  rig.ask(MetadataRequest, MetadataResponse, 9, { topics: [] }, client).brokers.length === 1

/** Whether the connection ends at a request for metadata. */
function isTurnedAway(rig: KafkaRig, client: KafkaLink): boolean {
  client.ask(MetadataRequest, MetadataResponse, 9, { topics: [] }, () => assert.fail('it was served'))
  rig.run(50)
  return !client.open
}

function setScram(rig: KafkaRig, name: string, password: string, mechanism: 1 | 2 = 1) {
  const salt = Buffer.from('salt of some bytes')
  const scram: ScramName = mechanism === 1 ? 'SCRAM-SHA-256' : 'SCRAM-SHA-512'
  const upsertion = {
    name,
    mechanism,
    iterations: ITERATIONS,
    salt,
    saltedPassword: saltedPassword(scram, password, salt),
  }
  const asked = { deletions: [], upsertions: [upsertion] }
  return rig.ask(AlterUserScramCredentialsRequest, AlterUserScramCredentialsResponse, 0, asked).results[0]!
}

function scram(rig: KafkaRig, client: KafkaLink, mechanism: ScramName, user: string, password: string) {
  handshake(rig, client, mechanism)
  const dialogue = new ScramClient(mechanism, user, password)
  const challenge = authenticate(rig, client, dialogue.first)
  if (challenge.errorCode !== ErrorCode.NONE) return challenge
  const last = authenticate(rig, client, dialogue.final(challenge.text))
  if (last.errorCode === ErrorCode.NONE) assert.ok(dialogue.believes(last.text), 'the broker knows the password')
  return last
}

describe('a client that has to log in', () => {
  it('is served nothing before', () => {
    const rig = rigWith()
    assert.ok(isTurnedAway(rig, rig.stranger()))
    assert.match(rig.log.join(), /unexpected request Metadata during the SASL handshake/)
  })

  it('may ask for versions once', () => {
    const rig = rigWith()
    const client = rig.stranger()
    const software = { clientSoftwareName: 'test', clientSoftwareVersion: '1' }
    const keys = rig
      .ask(ApiVersionsRequest, ApiVersionsResponse, 3, software, client)
      .apiKeys.map(({ apiKey }) => apiKey)
    assert.ok(keys.includes(17) && keys.includes(36))
    client.ask(ApiVersionsRequest, ApiVersionsResponse, 3, software, () => assert.fail('it was answered twice'))
    rig.run(50)
    assert.ok(!client.open)
  })

  it('is told what it may log in with, and turned away with anything else', () => {
    const rig = rigWith()
    const client = rig.stranger()
    const { errorCode, mechanisms } = handshake(rig, client, 'GSSAPI')
    assert.equal(errorCode, ErrorCode.UNSUPPORTED_SASL_MECHANISM)
    assert.deepEqual(mechanisms, ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'])
    rig.run(50)
    assert.ok(!client.open)
  })

  it('is served after a login with PLAIN', () => {
    const rig = rigWith()
    const client = rig.stranger()
    assert.equal(plain(rig, client, 'alice', 'secret').errorCode, ErrorCode.NONE)
    assert.ok(isServed(rig, client))
    assert.equal(handshake(rig, client, 'PLAIN').errorCode, ErrorCode.ILLEGAL_SASL_STATE)
    assert.equal(authenticate(rig, client, '\0alice\0secret').errorCode, ErrorCode.ILLEGAL_SASL_STATE)
    assert.ok(isServed(rig, client))
  })

  for (const [what, token, text] of [
    ['a wrong password', '\0alice\0wrong', 'Authentication failed: Invalid username or password'],
    ['an unknown user', '\0nobody\0secret', 'Authentication failed: Invalid username or password'],
    ['no user', '\0\0secret', 'Authentication failed: username not specified'],
    ['no password', '\0alice\0', 'Authentication failed: password not specified'],
    ['too few parts', 'alice\0secret', 'Invalid SASL/PLAIN response: expected 3 tokens, got 2'],
    [
      'another identity',
      'bob\0alice\0secret',
      'Authentication failed: Client requested an authorization id that is different from username',
    ],
  ] as const) {
    it(`is turned away after a while for ${what}`, () => {
      const rig = rigWith()
      const client = rig.stranger()
      handshake(rig, client, 'PLAIN')
      const answers: unknown[] = []
      client.ask(SaslAuthenticateRequest, SaslAuthenticateResponse, 2, { authBytes: Buffer.from(token) }, (answer) =>
        answers.push([answer.errorCode, answer.errorMessage]),
      )
      rig.run(80)
      assert.deepEqual(answers, [], 'nobody guesses by the thousand')
      rig.run(100)
      assert.deepEqual(answers, [[ErrorCode.SASL_AUTHENTICATION_FAILED, text]])
      assert.ok(!client.open)
    })
  }

  it('may speak as before SaslAuthenticate was there', () => {
    const rig = rigWith()
    const wire = rig.wire(9093)
    const got: number[] = []
    wire.onBytes = (bytes) => got.push(...bytes)
    const frame = (bytes: Buffer) => wire.send(Buffer.from([0, 0, 0, bytes.length, ...bytes]))
    frame(Buffer.from('\0\x11\0\0\0\0\0\x07\xff\xff\0\x05PLAIN', 'latin1'))
    rig.run(50)
    assert.deepEqual(got.slice(4, 10), [0, 0, 0, 7, 0, 0])
    got.length = 0
    frame(Buffer.from('\0alice\0secret'))
    rig.run(50)
    assert.deepEqual(got, [0, 0, 0, 0])
    frame(Buffer.from('\0\x12\0\0\0\0\0\x08\xff\xff', 'latin1'))
    rig.run(50)
    assert.ok(got.length > 20, 'it is served')
  })

  it('loses its connection for a request that is larger than a stranger may send', () => {
    const rig = rigWith()
    const client = rig.stranger()
    handshake(rig, client, 'PLAIN')
    const authBytes = Buffer.alloc(600_000)
    client.ask(SaslAuthenticateRequest, SaslAuthenticateResponse, 2, { authBytes }, () => assert.fail('no answer'))
    rig.run(500)
    assert.ok(!client.open)
  })
})

describe('SCRAM', () => {
  for (const [number, mechanism] of [
    [1, 'SCRAM-SHA-256'],
    [2, 'SCRAM-SHA-512'],
  ] as const) {
    it(`lets a client in that proves with ${mechanism} that it knows the password`, () => {
      const rig = rigWith()
      assert.equal(setScram(rig, 'carol', 'pa55', number).errorCode, ErrorCode.NONE)
      const client = rig.stranger()
      assert.equal(scram(rig, client, mechanism, 'carol', 'pa55').errorCode, ErrorCode.NONE)
      assert.ok(isServed(rig, client))
      const text = `Authentication failed during authentication due to invalid credentials with SASL mechanism ${mechanism}`
      for (const [user, password] of [
        ['carol', 'wrong'],
        ['nobody', 'pa55'],
        // Has a password, but not for this.
        ['alice', 'secret'],
      ] as const) {
        const refused = scram(rig, rig.stranger(), mechanism, user, password)
        assert.deepEqual([refused.errorCode, refused.errorMessage], [ErrorCode.SASL_AUTHENTICATION_FAILED, text])
      }
    })
  }

  it('knows its credentials after the power was gone', () => {
    const rig = rigWith()
    setScram(rig, 'carol', 'pa55')
    setScram(rig, 'alice', 'for kafka')
    rig.restart()
    assert.equal(scram(rig, rig.stranger(), 'SCRAM-SHA-256', 'carol', 'pa55').errorCode, ErrorCode.NONE)
    // The password that AMQP clients use is another credential of the same user.
    assert.equal(scram(rig, rig.stranger(), 'SCRAM-SHA-256', 'alice', 'for kafka').errorCode, ErrorCode.NONE)
    assert.equal(plain(rig, rig.stranger(), 'alice', 'secret').errorCode, ErrorCode.NONE)
    const all = rig.ask(DescribeUserScramCredentialsRequest, DescribeUserScramCredentialsResponse, 0, { users: null })
    assert.deepEqual(
      all.results.map(({ user, credentialInfos }) => [user, credentialInfos]),
      [
        ['alice', [{ mechanism: 1, iterations: ITERATIONS }]],
        ['carol', [{ mechanism: 1, iterations: ITERATIONS }]],
      ],
    )
  })

  it('forgets a credential that is deleted, and with the last one a user that is nothing else', () => {
    const rig = rigWith()
    setScram(rig, 'carol', 'pa55')
    setScram(rig, 'alice', 'for kafka')
    const deletions = [
      { name: 'carol', mechanism: 1 },
      { name: 'alice', mechanism: 1 },
      { name: 'bob', mechanism: 1 },
    ]
    const asked = { deletions, upsertions: [] }
    const { results } = rig.ask(AlterUserScramCredentialsRequest, AlterUserScramCredentialsResponse, 0, asked)
    assert.deepEqual(
      results.map(({ user, errorCode }) => [user, errorCode]),
      [
        ['carol', ErrorCode.NONE],
        ['alice', ErrorCode.NONE],
        ['bob', ErrorCode.RESOURCE_NOT_FOUND],
      ],
    )
    assert.equal(rig.broker.access.user('carol'), undefined)
    assert.ok(rig.broker.access.verifyPassword('alice', 'secret'))
  })

  it('of one user twice are refused, whatever else is wrong with them', () => {
    const rig = rigWith()
    const upsertion = { name: 'alice', mechanism: 1, iterations: 8192, salt: Buffer.from('salt') }
    const empty = { ...upsertion, saltedPassword: Buffer.alloc(0) }
    const asked = { deletions: [], upsertions: [empty, { ...empty, mechanism: 2 }] }
    const { results } = rig.ask(AlterUserScramCredentialsRequest, AlterUserScramCredentialsResponse, 0, asked)
    const errorMessage = 'A user credential cannot be altered twice in the same request'
    assert.deepEqual(results, [{ user: 'alice', errorCode: ErrorCode.DUPLICATE_RESOURCE, errorMessage }])
  })
})

describe('a login that is good for a while', () => {
  const access = { sasl: { maxReauthMs: 10_000 } }

  it('is told how long, and can be renewed', () => {
    const rig = rigWith(access)
    const client = rig.stranger()
    assert.equal(plain(rig, client, 'alice', 'secret').sessionLifetimeMs, 10_000)
    rig.run(8000)
    assert.equal(plain(rig, client, 'alice', 'secret').sessionLifetimeMs, 10_000)
    rig.run(8000)
    assert.ok(isServed(rig, client))
  })

  it('ends the connection at the first request after that', () => {
    const rig = rigWith(access)
    const client = rig.stranger()
    plain(rig, client, 'alice', 'secret')
    rig.run(10_001)
    assert.ok(isTurnedAway(rig, client))
  })

  it('stays that of the same user and mechanism', () => {
    const rig = rigWith(access)
    const client = rig.stranger()
    plain(rig, client, 'alice', 'secret')
    rig.run(2000)
    const changed = plain(rig, client, 'bob', 'other')
    assert.equal(changed.errorCode, ErrorCode.SASL_AUTHENTICATION_FAILED)
    assert.match(changed.errorMessage!, /Cannot change principals during re-authentication/)

    setScram(rig, 'alice', 'secret')
    const other = rig.stranger()
    plain(rig, other, 'alice', 'secret')
    rig.run(2000)
    assert.equal(scram(rig, other, 'SCRAM-SHA-256', 'alice', 'secret').errorCode, ErrorCode.SASL_AUTHENTICATION_FAILED)
  })
})

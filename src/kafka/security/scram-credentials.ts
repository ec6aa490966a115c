import { credentialFrom, SCRAM_MECHANISMS, type ScramMechanism, scramCredential } from '../../broker/access/scram.ts'
import { deleteUser, setUser } from '../../broker/access/user.ts'
import type { Broker } from '../../broker/broker.ts'
import { ErrorCode } from '../../wire/kafka/errors.ts'
import {
  AlterUserScramCredentialsRequest,
  AlterUserScramCredentialsResponse,
} from '../../wire/kafka/messages/alter-user-scram-credentials.ts'
import {
  DescribeUserScramCredentialsRequest,
  DescribeUserScramCredentialsResponse,
} from '../../wire/kafka/messages/describe-user-scram-credentials.ts'
import type { Decoded } from '../../wire/kafka/schema.ts'
import { api } from '../api.ts'

/*
 * DescribeUserScramCredentials and AlterUserScramCredentials, 0. A credential is one of a user's, beside the password that AMQP clients log in with; it makes the
 * user if there is none of that name.
 */

/** Bytes of journal that a user takes, roughly and at most. */
const ROOM = 4096
const FULL = { errorCode: ErrorCode.KAFKA_STORAGE_ERROR, errorMessage: 'The disk is full.' }

const ITERATIONS = { least: 4096, most: 16_384 } as const

type Alteration = Decoded<typeof AlterUserScramCredentialsRequest>
type Upsertion = Alteration['upsertions'][number]

interface Refusal {
  readonly errorCode: number
  readonly errorMessage: string | null
}

function refuse(errorCode: number, errorMessage: string | null): Refusal {
  return { errorCode, errorMessage }
}

export const describeUserScramCredentials = api(
  DescribeUserScramCredentialsRequest,
  DescribeUserScramCredentialsResponse,
  { from: 0, to: 0 },
  (request, call) => {
    const { access } = call.front.broker
    const asked = request.users?.map(({ name }) => name) ?? []
    const all = asked.length === 0
    const names = all ? [...access.users.all()].map(({ user }) => user.name) : [...new Set(asked)]
    const results = names.map((user) => {
      const twice = asked.indexOf(user) !== asked.lastIndexOf(user)
      if (twice) {
        const text = `Cannot describe SCRAM credentials for the same user twice in a single request: ${user}`
        return { user, ...refuse(ErrorCode.DUPLICATE_RESOURCE, text) }
      }
      const credentialInfos = SCRAM_MECHANISMS.flatMap((mechanism) => {
        const credential = scramCredential(access.user(user), mechanism)
        return credential === undefined ? [] : [{ mechanism: mechanism.type, iterations: credential.iterations }]
      })
      if (credentialInfos.length > 0) return { user, credentialInfos }
      const text = `Attempt to describe a user credential that does not exist: ${user}`
      return { user, ...refuse(ErrorCode.RESOURCE_NOT_FOUND, text) }
    })
    const told = all ? results.filter((result) => 'credentialInfos' in result) : results
    call.reply({ results: told }, access.changedAt)
  },
)

export const alterUserScramCredentials = api(
  AlterUserScramCredentialsRequest,
  AlterUserScramCredentialsResponse,
  { from: 0, to: 0, writes: true },
  (request, call) => {
    const { broker } = call.front
    const refusals = refusalsOf(request, broker)
    const names = [...new Set([...request.deletions, ...request.upsertions].map(({ name }) => name))]
    for (const { name, mechanism } of request.deletions) {
      if (refusals.has(name)) continue
      if (broker.hasRoomForDefinition(ROOM, true)) remove(broker, name, mechanismOf(mechanism)!)
      else refusals.set(name, FULL)
    }
    for (const upsertion of request.upsertions) {
      const { name, salt } = upsertion
      if (refusals.has(name)) continue
      if (broker.hasRoomForDefinition(ROOM + 3 * (name.length + salt.length), false)) upsert(broker, upsertion)
      else refusals.set(name, FULL)
    }
    const results = names.map((user) => ({ user, errorMessage: null, ...refusals.get(user) }))
    call.reply({ results }, broker.access.changedAt)
  },
)

function mechanismOf(type: number): ScramMechanism | undefined {
  return SCRAM_MECHANISMS.find((one) => one.type === type)
}

/** By user: one thing that is wrong leaves all of the user's credentials as they are. */
function refusalsOf({ deletions, upsertions }: Alteration, broker: Broker): Map<string, Refusal> {
  const refusals = new Map<string, Refusal>()
  const seen = new Set<string>()
  const look = (name: string, type: number, check: (mechanism: ScramMechanism) => Refusal | null) => {
    const mechanism = mechanismOf(type)
    const twice = seen.has(name)
    seen.add(name)
    const refusal = twice
      ? refuse(ErrorCode.DUPLICATE_RESOURCE, 'A user credential cannot be altered twice in the same request')
      : name === ''
        ? refuse(ErrorCode.UNACCEPTABLE_CREDENTIAL, 'Username must not be empty')
        : mechanism === undefined
          ? refuse(ErrorCode.UNSUPPORTED_SASL_MECHANISM, 'Unknown SCRAM mechanism')
          : check(mechanism)
    if (refusal !== null && !refusals.has(name)) refusals.set(name, refusal)
  }
  for (const { name, mechanism } of deletions) {
    look(name, mechanism, (known) =>
      scramCredential(broker.access.user(name), known) === undefined
        ? refuse(ErrorCode.RESOURCE_NOT_FOUND, 'Attempt to delete a user credential that does not exist')
        : null,
    )
  }
  for (const upsertion of upsertions) look(upsertion.name, upsertion.mechanism, () => unacceptable(upsertion))
  for (const { name, saltedPassword } of upsertions) {
    // Kafka trips over an empty key when all else was found to be well, and has no words for it.
    if (saltedPassword.length === 0 && !refusals.has(name)) {
      refusals.set(name, refuse(ErrorCode.UNKNOWN_SERVER_ERROR, null))
    }
  }
  return refusals
}

function unacceptable({ iterations }: Upsertion): Refusal | null {
  if (iterations < ITERATIONS.least) return refuse(ErrorCode.UNACCEPTABLE_CREDENTIAL, 'Too few iterations')
  return iterations > ITERATIONS.most ? refuse(ErrorCode.UNACCEPTABLE_CREDENTIAL, 'Too many iterations') : null
}

function upsert(broker: Broker, { name, mechanism, iterations, salt, saltedPassword }: Upsertion): void {
  const known = mechanismOf(mechanism)!
  setUser(broker, { name, credentials: { [known.name]: credentialFrom(known, salt, saltedPassword, iterations) } })
}

/** A user that only ever logged in this way goes with the last credential. */
function remove(broker: Broker, name: string, mechanism: ScramMechanism): void {
  const user = broker.access.user(name)!
  const others = Object.keys(user.credentials).filter((one) => one !== mechanism.name)
  if (others.length === 0 && user.tags.length === 0) deleteUser(broker, name)
  else setUser(broker, { name, credentials: { [mechanism.name]: null } })
}

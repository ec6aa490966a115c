import {
  AlterClientQuotasRequest,
  AlterClientQuotasResponse,
} from '../../../../src/wire/kafka/messages/alter-client-quotas.ts'
import {
  AlterUserScramCredentialsRequest,
  AlterUserScramCredentialsResponse,
} from '../../../../src/wire/kafka/messages/alter-user-scram-credentials.ts'
import {
  DescribeClientQuotasRequest,
  DescribeClientQuotasResponse,
} from '../../../../src/wire/kafka/messages/describe-client-quotas.ts'
import {
  DescribeUserScramCredentialsRequest,
  DescribeUserScramCredentialsResponse,
} from '../../../../src/wire/kafka/messages/describe-user-scram-credentials.ts'
import { chance, command, type Maker, type Scene } from '../command.ts'

const ALTER = { request: AlterClientQuotasRequest, response: AlterClientQuotasResponse, versions: [0, 1] } as const
const DESCRIBE = {
  request: DescribeClientQuotasRequest,
  response: DescribeClientQuotasResponse,
  versions: [0, 1],
} as const
const SET_SCRAM = {
  request: AlterUserScramCredentialsRequest,
  response: AlterUserScramCredentialsResponse,
  versions: [0, 0],
} as const
const DESCRIBE_SCRAM = {
  request: DescribeUserScramCredentialsRequest,
  response: DescribeUserScramCredentialsResponse,
  versions: [0, 0],
} as const

const KEYS = ['producer_byte_rate', 'consumer_byte_rate', 'request_percentage', 'controller_mutation_rate'] as const
const SALT = Buffer.from('0123456789abcdef')
const SALTED = Buffer.alloc(32, 'x')

/** One of a few users, who nobody else is. */
function userOf(scene: Scene): string {
  return `${scene.prefix}-u${scene.dice.below(2)}`
}

type Component = { readonly entityType: string; readonly entityName: string | null }

/** What a quota is of: always of a user of this sequence, as what holds for everybody would hold for others' tests. */
function entityOf(scene: Scene): Component[] {
  const { dice } = scene
  const user = { entityType: 'user', entityName: chance(scene) ? '' : userOf(scene) }
  if (chance(scene)) return dice.pick([[], [user, { entityType: 'ip', entityName: '10.0.0.1' }], [user, user]])
  if (dice.chance(0.5)) return [user]
  const name = dice.pick([`${scene.prefix}-c`, null])
  return [user, { entityType: chance(scene) ? 'shoe' : 'client-id', entityName: name }]
}

const alter: Maker = {
  weight: 6,
  make(scene) {
    const { dice } = scene
    const entries = Array.from({ length: dice.pick([1, 1, 2]) }, () => ({
      entity: entityOf(scene),
      ops: Array.from({ length: dice.pick([1, 1, 2]) }, () => ({
        key: chance(scene) ? dice.pick(['no_such', 'connection_creation_rate']) : dice.pick(KEYS),
        value: chance(scene) ? dice.pick([0, -1, 1.5, 1e300]) : dice.pick([1, 1024, 1_000_000]),
        remove: dice.chance(0.3),
      })),
    }))
    const validateOnly = dice.chance(0.2)
    return command(scene, ALTER, {
      about: `${JSON.stringify(entries)}${validateOnly ? ' validateOnly' : ''}`,
      make: () => ({ entries, validateOnly }),
    })
  },
}

const describe: Maker = {
  weight: 4,
  make(scene) {
    const { dice } = scene
    const components = entityOf(scene).map(({ entityType, entityName }) => {
      const matchType = chance(scene) ? dice.pick([0, 1, 2, 7]) : entityName === null ? dice.pick([1, 2]) : 0
      return { entityType, matchType, match: matchType === 0 ? entityName : null }
    })
    // Without a user it would be of everybody else's, too.
    const strict = components.length === 0 || dice.chance(0.5)
    return command(scene, DESCRIBE, {
      about: `${JSON.stringify(components)}${strict ? ' strict' : ''}`,
      asksAgain: true,
      make: () => ({ components, strict }),
      view: (_side, { entries, ...rest }) => ({
        ...rest,
        entries: entries?.filter(({ entity }) => entity.some(({ entityName }) => entityName?.startsWith(scene.prefix))),
      }),
    })
  },
}

const setScram: Maker = {
  weight: 4,
  make(scene) {
    const { dice } = scene
    const one = () => ({ name: chance(scene) ? '' : userOf(scene), mechanism: chance(scene) ? 7 : dice.pick([1, 2]) })
    const deletions = Array.from({ length: dice.below(2) }, one)
    const upsertions = Array.from({ length: dice.below(3) }, () => ({
      ...one(),
      iterations: chance(scene) ? dice.pick([0, 100, 100_000]) : 8192,
      salt: chance(scene) ? Buffer.alloc(0) : SALT,
      saltedPassword: chance(scene) ? Buffer.alloc(0) : SALTED,
    }))
    const about = [
      ...deletions.map((d) => ['-', d]),
      ...upsertions.map(({ salt, saltedPassword, ...u }) => ['+', u, salt.length, saltedPassword.length]),
    ]
    return command(scene, SET_SCRAM, { about: JSON.stringify(about), make: () => ({ deletions, upsertions }) })
  },
}

const describeScram: Maker = {
  weight: 3,
  make(scene) {
    const users = Array.from({ length: scene.dice.pick([1, 1, 2]) }, () => ({
      name: chance(scene) ? '' : userOf(scene),
    }))
    return command(scene, DESCRIBE_SCRAM, {
      about: users.map(({ name }) => name).join('+'),
      asksAgain: true,
      make: () => ({ users }),
    })
  },
}

export const QUOTA_MAKERS: readonly Maker[] = [alter, describe, setScram, describeScram]

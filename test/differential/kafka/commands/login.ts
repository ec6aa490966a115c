import { APIS } from '../../../../src/kafka/apis.ts'
import { ApiVersionsRequest, ApiVersionsResponse } from '../../../../src/wire/kafka/messages/api-versions.ts'
import {
  CreateDelegationTokenRequest,
  CreateDelegationTokenResponse,
} from '../../../../src/wire/kafka/messages/create-delegation-token.ts'
import {
  DescribeDelegationTokenRequest,
  DescribeDelegationTokenResponse,
} from '../../../../src/wire/kafka/messages/describe-delegation-token.ts'
import {
  ExpireDelegationTokenRequest,
  ExpireDelegationTokenResponse,
} from '../../../../src/wire/kafka/messages/expire-delegation-token.ts'
import {
  RenewDelegationTokenRequest,
  RenewDelegationTokenResponse,
} from '../../../../src/wire/kafka/messages/renew-delegation-token.ts'
import {
  SaslAuthenticateRequest,
  SaslAuthenticateResponse,
} from '../../../../src/wire/kafka/messages/sasl-authenticate.ts'
import { SaslHandshakeRequest, SaslHandshakeResponse } from '../../../../src/wire/kafka/messages/sasl-handshake.ts'
import { chance, command, type Maker } from '../command.ts'

/* How a connection begins, and how a client who need not log in is told so. */

const VERSIONS = { request: ApiVersionsRequest, response: ApiVersionsResponse, versions: [0, 4] } as const
const HANDSHAKE = { request: SaslHandshakeRequest, response: SaslHandshakeResponse, versions: [0, 1] } as const
const LOGIN = { request: SaslAuthenticateRequest, response: SaslAuthenticateResponse, versions: [0, 2] } as const
const CREATE = {
  request: CreateDelegationTokenRequest,
  response: CreateDelegationTokenResponse,
  versions: [1, 3],
} as const
const RENEW = {
  request: RenewDelegationTokenRequest,
  response: RenewDelegationTokenResponse,
  versions: [1, 2],
} as const
const EXPIRE = {
  request: ExpireDelegationTokenRequest,
  response: ExpireDelegationTokenResponse,
  versions: [1, 2],
} as const
const DESCRIBE = {
  request: DescribeDelegationTokenRequest,
  response: DescribeDelegationTokenResponse,
  versions: [1, 3],
} as const

const SERVED = new Set(APIS.map(({ key }) => key))
const HMAC = Buffer.alloc(64, 'h')

const versions: Maker = {
  weight: 3,
  make(scene) {
    const clientSoftwareName = chance(scene) ? scene.dice.pick(['', 'a b', '-']) : 'differential'
    return command(scene, VERSIONS, {
      about: clientSoftwareName,
      asksAgain: true,
      make: () => ({ clientSoftwareName, clientSoftwareVersion: '1.0' }),
      // What is not served is told in the documents; features are levels, and told there, too.
      view: (_side, { errorCode, apiKeys }) => ({
        errorCode,
        apiKeys: apiKeys.filter(({ apiKey }) => SERVED.has(apiKey)),
      }),
    })
  },
}

const handshake: Maker = {
  weight: 2,
  make(scene) {
    const mechanism = scene.dice.pick(['PLAIN', 'SCRAM-SHA-256', 'none', ''])
    return command(scene, HANDSHAKE, { about: mechanism, make: () => ({ mechanism }) })
  },
}

const login: Maker = {
  weight: 2,
  make: (scene) => command(scene, LOGIN, { make: () => ({ authBytes: Buffer.from('\0somebody\0secret') }) }),
}

const createToken: Maker = {
  weight: 2,
  make(scene) {
    const renewers = chance(scene) ? [{ principalType: 'User', principalName: 'somebody' }] : []
    return command(scene, CREATE, { make: () => ({ renewers, maxLifetimeMs: -1 }) })
  },
}

const renew: Maker = {
  weight: 2,
  make: (scene) => command(scene, RENEW, { make: () => ({ hmac: HMAC, renewPeriodMs: -1 }) }),
}

const expire: Maker = {
  weight: 2,
  make: (scene) => command(scene, EXPIRE, { make: () => ({ hmac: HMAC, expiryTimePeriodMs: -1 }) }),
}

const describe: Maker = {
  weight: 2,
  make(scene) {
    const owners = scene.dice.chance(0.5) ? null : [{ principalType: 'User', principalName: 'somebody' }]
    return command(scene, DESCRIBE, { asksAgain: true, make: () => ({ owners }) })
  },
}

export const LOGIN_MAKERS: readonly Maker[] = [versions, handshake, login, createToken, renew, expire, describe]

import type { Broker } from '../broker/broker.ts'
import { Authorizer } from '../kafka/security/authorizer.ts'
import type { CheckToken } from '../kafka/security/oauth-bearer.ts'
import { type PrincipalRule, readPrincipalRules } from '../kafka/security/principal-rules.ts'
import type { SaslOptions } from '../kafka/security/sasl.ts'
import type { Config } from './config.ts'
import { ConfigError } from './config-error.ts'
import type { ListenAddress } from './listen-address.ts'
import { tokenCheck } from './token-check.ts'

/** What the settings say about who Kafka's clients are and what they may do. */
export interface KafkaSecurity {
  readonly authorizer: Authorizer | null
  readonly userOf: PrincipalRule
  /** What a listener's clients log in with; null if they need not. */
  saslOf(listener: ListenAddress): SaslOptions | null
}

export function kafkaSecurity(broker: Broker, { values }: Config): KafkaSecurity {
  const checkToken = tokenCheckOf(broker, values)
  return {
    authorizer: authorizerOf(broker, values),
    userOf: rulesOf(String(values['kafka.ssl.principalMappingRules'])),
    saslOf: ({ sasl }) =>
      sasl === null
        ? null
        : {
            mechanisms: sasl,
            maxReauthMs: Number(values['kafka.sasl.maxReauth']),
            failureDelayMs: Number(values['kafka.sasl.failureDelay']),
            checkToken,
          },
  }
}

function authorizerOf(broker: Broker, values: Config['values']): Authorizer | null {
  if (values['kafka.authorizer'] !== true) return null
  const superUsers = String(values['kafka.superUsers'])
    .split(';')
    .map((one) => one.trim())
    .filter((one) => one !== '')
  for (const principal of superUsers) {
    if (!/^User:./.test(principal))
      throw new ConfigError(`kafka.superUsers: '${principal}' is no principal: write User:name, with ; between them`)
  }
  return new Authorizer(broker.acls.acls, superUsers, values['kafka.allowEveryoneIfNoAclFound'] === true)
}

function rulesOf(text: string): PrincipalRule {
  try {
    return readPrincipalRules(text)
  } catch (error) {
    throw new ConfigError(`kafka.ssl.principalMappingRules: ${(error as Error).message}`)
  }
}

function tokenCheckOf(broker: Broker, values: Config['values']): CheckToken | null {
  if (values['kafka.oauth.jwks'] === '') return null
  const text = (key: 'kafka.oauth.issuer' | 'kafka.oauth.audience') => (values[key] === '' ? null : String(values[key]))
  return tokenCheck(
    {
      jwks: String(values['kafka.oauth.jwks']),
      issuer: text('kafka.oauth.issuer'),
      audience: text('kafka.oauth.audience'),
      principalClaim: String(values['kafka.oauth.principalClaim']),
    },
    broker.env.clock,
  )
}

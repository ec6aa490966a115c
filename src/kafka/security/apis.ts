import type { Api } from '../api.ts'
import { createAcls, deleteAcls, describeAcls } from './acls.ts'
import { alterClientQuotas } from './alter-client-quotas.ts'
import { DELEGATION_TOKEN_APIS } from './delegation-tokens.ts'
import { describeClientQuotas } from './describe-client-quotas.ts'
import { saslAuthenticate } from './sasl-authenticate.ts'
import { saslHandshake } from './sasl-handshake.ts'
import { alterUserScramCredentials, describeUserScramCredentials } from './scram-credentials.ts'

/** Logging in, ACLs, credentials and quotas. */
export const SECURITY_APIS: readonly Api[] = [
  saslHandshake,
  saslAuthenticate,
  describeAcls,
  createAcls,
  deleteAcls,
  describeClientQuotas,
  alterClientQuotas,
  describeUserScramCredentials,
  alterUserScramCredentials,
  ...DELEGATION_TOKEN_APIS,
]

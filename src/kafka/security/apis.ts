import type { Api } from '../api.ts'
import { createAcls, deleteAcls, describeAcls } from './acls.ts'
import { DELEGATION_TOKEN_APIS } from './delegation-tokens.ts'
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
  describeUserScramCredentials,
  alterUserScramCredentials,
  ...DELEGATION_TOKEN_APIS,
]

import { bytes, int16, int64, message, string } from '../schema.ts'

export const SaslAuthenticateRequest = message(
  'SaslAuthenticateRequest',
  { key: 36, versions: '0-2', flexible: '2+' },
  {
    authBytes: bytes('0+'),
  },
)

export const SaslAuthenticateResponse = message(
  'SaslAuthenticateResponse',
  { key: 36, versions: '0-2', flexible: '2+' },
  {
    errorCode: int16('0+'),
    errorMessage: string('0+', { nullable: '0+' }),
    authBytes: bytes('0+'),
    sessionLifetimeMs: int64('1+', { default: 0 }),
  },
)

import { bytes, int16, int32, int64, message } from '../schema.ts'

export const ExpireDelegationTokenRequest = message(
  'ExpireDelegationTokenRequest',
  { key: 40, versions: '1-2', flexible: '2+' },
  {
    hmac: bytes('0+'),
    expiryTimePeriodMs: int64('0+'),
  },
)

export const ExpireDelegationTokenResponse = message(
  'ExpireDelegationTokenResponse',
  { key: 40, versions: '1-2', flexible: '2+' },
  {
    errorCode: int16('0+'),
    expiryTimestampMs: int64('0+'),
    throttleTimeMs: int32('0+'),
  },
)

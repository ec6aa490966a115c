import { array, int16, message, string } from '../schema.ts'

export const SaslHandshakeRequest = message(
  'SaslHandshakeRequest',
  { key: 17, versions: '0-1', flexible: 'none' },
  {
    mechanism: string('0+'),
  },
)

export const SaslHandshakeResponse = message(
  'SaslHandshakeResponse',
  { key: 17, versions: '0-1', flexible: 'none' },
  {
    errorCode: int16('0+'),
    mechanisms: array('0+', 'string'),
  },
)

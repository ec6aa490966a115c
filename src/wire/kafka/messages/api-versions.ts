import { array, bool, int16, int32, int64, message, string } from '../schema.ts'

export const ApiVersionsRequest = message(
  'ApiVersionsRequest',
  { key: 18, versions: '0-4', flexible: '3+' },
  {
    clientSoftwareName: string('3+'),
    clientSoftwareVersion: string('3+'),
  },
)

export const ApiVersionsResponse = message(
  'ApiVersionsResponse',
  { key: 18, versions: '0-4', flexible: '3+' },
  {
    errorCode: int16('0+'),
    apiKeys: array('0+', {
      apiKey: int16('0+'),
      minVersion: int16('0+'),
      maxVersion: int16('0+'),
    }),
    throttleTimeMs: int32('1+'),
    supportedFeatures: array(
      '3+',
      {
        name: string('3+'),
        minVersion: int16('3+'),
        maxVersion: int16('3+'),
      },
      { tag: 0 },
    ),
    finalizedFeaturesEpoch: int64('3+', { tag: 1, default: -1 }),
    finalizedFeatures: array(
      '3+',
      {
        name: string('3+'),
        maxVersionLevel: int16('3+'),
        minVersionLevel: int16('3+'),
      },
      { tag: 2 },
    ),
    zkMigrationReady: bool('3+', { tag: 3, default: false }),
  },
)

import { array, int8, int16, int32, message, string } from '../schema.ts'

export const ListConfigResourcesRequest = message(
  'ListConfigResourcesRequest',
  { key: 74, versions: '0-1', flexible: '0+' },
  {
    resourceTypes: array('1+', 'int8'),
  },
)

export const ListConfigResourcesResponse = message(
  'ListConfigResourcesResponse',
  { key: 74, versions: '0-1', flexible: '0+' },
  {
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
    configResources: array('0+', {
      resourceName: string('0+'),
      resourceType: int8('1+', { default: 16 }),
    }),
  },
)

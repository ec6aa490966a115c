import { FEATURES } from '../broker/feature/feature-store.ts'
import { ErrorCode } from '../wire/kafka/errors.ts'
import { ApiVersionsRequest, ApiVersionsResponse } from '../wire/kafka/messages/api-versions.ts'
import type { Encodable } from '../wire/kafka/schema.ts'
import { api } from './api.ts'
import type { Advertised } from './front.ts'

/*
 * ApiVersions, 0 to 4. The answer is the registry. A version we don't know is answered in version 0 with UNSUPPORTED_VERSION and
 * our range, so that the client can ask again. Features are told from version 3 on. Before version 4 those that begin at 0 are not told as supported:
 * clients could not read that.
 */

export const API_VERSIONS_KEY = 18

export const apiVersions = api(ApiVersionsRequest, ApiVersionsResponse, { from: 0, to: 4 }, (request, call) => {
  if (call.version >= 3 && !isName(request.clientSoftwareName, request.clientSoftwareVersion)) {
    call.reply({ errorCode: ErrorCode.INVALID_REQUEST }, 0)
    return
  }
  call.login?.versionsTold()
  const { features } = call.front.broker
  const told = FEATURES.filter(({ min }) => call.version >= 4 || min > 0)
  const levels = FEATURES.map(({ name }) => ({ name, level: features.level(name) }))
  call.reply(
    {
      apiKeys: call.front.apis.map(versionsOf),
      supportedFeatures: told.map(({ name, min, max }) => ({ name, minVersion: min, maxVersion: max })),
      finalizedFeaturesEpoch: features.epoch,
      finalizedFeatures: levels
        .filter(({ level }) => level > 0)
        .map(({ name, level }) => ({ name, maxVersionLevel: level, minVersionLevel: level })),
    },
    features.position,
  )
})

/** The answer to a version that is not known. */
export function unknownVersion(ours: Advertised): Encodable<typeof ApiVersionsResponse> {
  return { errorCode: ErrorCode.UNSUPPORTED_VERSION, apiKeys: [versionsOf(ours)] }
}

function versionsOf(api: Advertised): { apiKey: number; minVersion: number; maxVersion: number } {
  return { apiKey: api.key, minVersion: api.advertised.from, maxVersion: api.advertised.to }
}

/** KIP-511: what software names look like. */
function isName(...names: string[]): boolean {
  return names.every((name) => /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/.test(name))
}

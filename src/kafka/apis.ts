import type { Api } from './api.ts'
import { apiVersions } from './api-versions.ts'
import { fetch } from './fetch.ts'
import { GROUP_APIS } from './group/apis.ts'
import { initProducerId } from './init-producer-id.ts'
import { metadata } from './metadata.ts'
import { produce } from './produce.ts'

/** What is served: the registry behind the answer to ApiVersions, in the order of the keys. */
export const APIS: readonly Api[] = [produce, fetch, metadata, apiVersions, initProducerId, ...GROUP_APIS]

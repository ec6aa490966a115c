import type { Api } from '../api.ts'
import { alterShareGroupOffsets } from './alter-share-group-offsets.ts'
import { deleteShareGroupOffsets } from './delete-share-group-offsets.ts'
import { describeShareGroupOffsets } from './describe-share-group-offsets.ts'
import { shareAcknowledge } from './share-acknowledge.ts'
import { shareFetch } from './share-fetch.ts'
import { shareGroupDescribe } from './share-group-describe.ts'
import { shareGroupHeartbeat } from './share-group-heartbeat.ts'

/** Everything about share groups. */
export const SHARE_APIS: readonly Api[] = [
  shareGroupHeartbeat,
  shareGroupDescribe,
  shareFetch,
  shareAcknowledge,
  describeShareGroupOffsets,
  alterShareGroupOffsets,
  deleteShareGroupOffsets,
]

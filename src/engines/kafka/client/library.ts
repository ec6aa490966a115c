import type * as Library from '@platformatic/kafka'
import { PosthornError } from '../../../sdk/posthorn-error.ts'

export type { Library }

/** Requests of the protocol, in the versions that clients may send: what brokers of Kafka 3.5 to 4.3 have in common, and the newer ones. */
export interface Apis {
  readonly produce: typeof Library.produceV11.api
  readonly fetch: typeof Library.fetchV17.api
  readonly listOffsets: typeof Library.listOffsetsV9.api
  readonly metadata: typeof Library.metadataV12.api
  readonly offsetCommit: typeof Library.offsetCommitV9.api
  readonly offsetFetch: typeof Library.offsetFetchV9.api
  readonly findCoordinator: typeof Library.findCoordinatorV6.api
  readonly joinGroup: typeof Library.joinGroupV9.api
  readonly syncGroup: typeof Library.syncGroupV5.api
  readonly heartbeat: typeof Library.heartbeatV4.api
  readonly leaveGroup: typeof Library.leaveGroupV5.api
  readonly consumerGroupHeartbeat: typeof Library.consumerGroupHeartbeatV0.api
  readonly createTopics: typeof Library.createTopicsV7.api
  readonly deleteTopics: typeof Library.deleteTopicsV6.api
  readonly deleteRecords: typeof Library.deleteRecordsV2.api
  readonly initProducerId: typeof Library.initProducerIdV5.api
  readonly addPartitionsToTxn: typeof Library.addPartitionsToTxnV3.api
  readonly addOffsetsToTxn: typeof Library.addOffsetsToTxnV4.api
  readonly endTxn: typeof Library.endTxnV4.api
  readonly txnOffsetCommit: typeof Library.txnOffsetCommitV4.api
}

/** Newest first. Later versions of AddPartitionsToTxn are for brokers among themselves. */
const VERSIONS: Readonly<Record<keyof Apis, readonly number[]>> = {
  produce: [11, 10, 9],
  fetch: [17, 16, 15, 14, 13],
  listOffsets: [9, 8, 7],
  metadata: [12],
  offsetCommit: [9, 8],
  offsetFetch: [9, 8],
  findCoordinator: [6, 5, 4],
  joinGroup: [9, 8, 7, 6],
  syncGroup: [5, 4],
  heartbeat: [4],
  leaveGroup: [5, 4],
  consumerGroupHeartbeat: [1, 0],
  createTopics: [7],
  deleteTopics: [6],
  deleteRecords: [2],
  initProducerId: [5, 4, 3],
  addPartitionsToTxn: [3],
  addOffsetsToTxn: [4, 3],
  endTxn: [4, 3],
  txnOffsetCommit: [4, 3],
}

/** What a broker says it understands. */
interface Understood {
  readonly apiKey: number
  readonly minVersion: number
  readonly maxVersion: number
}

type AnyApi = Apis[keyof Apis]

/** The client library: its connections and its codecs. */
export async function loadLibrary(): Promise<typeof Library> {
  try {
    return await import('@platformatic/kafka')
  } catch (error) {
    const text = 'kafka:// needs the package @platformatic/kafka: npm install @platformatic/kafka'
    throw new PosthornError('NOT_INSTALLED', text, { cause: error })
  }
}

/** Of each request the newest version that both sides know; what the broker does not have is left out. */
export function chooseApis(library: typeof Library, understood: readonly Understood[]): Partial<Apis> {
  const modules = library as unknown as Readonly<Record<string, { readonly api: AnyApi } | undefined>>
  const chosen: Partial<Record<keyof Apis, AnyApi>> = {}
  for (const [name, versions] of Object.entries(VERSIONS) as [keyof Apis, readonly number[]][]) {
    for (const version of versions) {
      const api = modules[`${name}V${version}`]?.api
      const range = api && understood.find(({ apiKey }) => apiKey === api.key)
      if (api === undefined || range === undefined) continue
      if (version < range.minVersion || version > range.maxVersion) continue
      chosen[name] = api
      break
    }
  }
  return chosen as Partial<Apis>
}

import { ErrorCode } from '../wire/kafka/errors.ts'
import {
  AlterReplicaLogDirsRequest,
  AlterReplicaLogDirsResponse,
} from '../wire/kafka/messages/alter-replica-log-dirs.ts'
import { api } from './api.ts'
import { LOG_DIR } from './describe-log-dirs.ts'

/* AlterReplicaLogDirs, 1 to 2: there is one directory, to which every partition may be moved because it is there already. */
export const alterReplicaLogDirs = api(
  AlterReplicaLogDirsRequest,
  AlterReplicaLogDirsResponse,
  { from: 1, to: 2 },
  (request, call) => {
    const { topics } = call.front
    const results = request.dirs.flatMap((dir) =>
      dir.topics.map(({ name, partitions }) => ({
        topicName: name,
        partitions: partitions.map((partitionIndex) => {
          const known = partitionIndex in (topics.byName.get(name)?.partitions ?? [])
          const errorCode = known ? 0 : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
          return { partitionIndex, errorCode: dir.path === LOG_DIR ? errorCode : ErrorCode.LOG_DIR_NOT_FOUND }
        }),
      })),
    )
    call.reply({ results }, topics.position)
  },
)

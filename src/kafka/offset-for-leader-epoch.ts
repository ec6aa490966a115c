import { ErrorCode } from '../wire/kafka/errors.ts'
import {
  OffsetForLeaderEpochRequest,
  OffsetForLeaderEpochResponse,
} from '../wire/kafka/messages/offset-for-leader-epoch.ts'
import { api } from './api.ts'

/*
 * OffsetForLeaderEpoch, 2 to 4: where a leader epoch ended, by which a consumer sees whether records that it has read were lost. The leader epoch
 * grows with every unclean start.
 */
export const offsetForLeaderEpoch = api(
  OffsetForLeaderEpochRequest,
  OffsetForLeaderEpochResponse,
  { from: 2, to: 4 },
  (request, call) => {
    const { topics } = call.front
    call.reply(
      {
        topics: request.topics.map(({ topic, partitions }) => ({
          topic,
          partitions: partitions.map(({ partition: number, currentLeaderEpoch, leaderEpoch }) => {
            const partition = topics.byName.get(topic)?.partitions[number]
            const answer = { partition: number, leaderEpoch: -1, endOffset: -1 }
            if (partition === undefined) return { ...answer, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION }
            if (currentLeaderEpoch > topics.leaderEpoch) return { ...answer, errorCode: ErrorCode.UNKNOWN_LEADER_EPOCH }
            if (currentLeaderEpoch >= 0 && currentLeaderEpoch < topics.leaderEpoch) {
              return { ...answer, errorCode: ErrorCode.FENCED_LEADER_EPOCH }
            }
            if (leaderEpoch > topics.leaderEpoch) return answer
            // The epoch that goes on began with the broker, whether or not anything was written in it.
            if (leaderEpoch === topics.leaderEpoch) {
              return { partition: number, leaderEpoch, endOffset: partition.highWatermark }
            }
            const end = partition.epochs.endOf(leaderEpoch, partition.highWatermark)
            return { partition: number, leaderEpoch: end.epoch, endOffset: end.endOffset }
          }),
        })),
      },
      topics.position,
    )
  },
)

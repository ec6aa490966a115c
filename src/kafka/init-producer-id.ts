import { newProducerId } from '../broker/topic/producer-ids.ts'
import { ErrorCode } from '../wire/kafka/errors.ts'
import { InitProducerIdRequest, InitProducerIdResponse } from '../wire/kafka/messages/init-producer-id.ts'
import { api } from './api.ts'

/*
 * InitProducerId, 0 to 5, for idempotent producers. One that has an id and asks again (KIP-360, version 3 on) gets a new id: that ends
 * his old sequence numbers as well as a higher epoch would. Transactions are not served.
 */
export const initProducerId = api(
  InitProducerIdRequest,
  InitProducerIdResponse,
  { from: 0, to: 5, writes: true },
  (request, call) => {
    if (request.transactionalId !== null) {
      call.reply({ errorCode: ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED, producerId: -1, producerEpoch: -1 }, 0)
      return
    }
    const producerId = newProducerId(call.front.topics)
    if (producerId < 0)
      call.reply({ errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE, producerId: -1, producerEpoch: -1 }, 0)
    else call.reply({ producerId, producerEpoch: 0 })
  },
)

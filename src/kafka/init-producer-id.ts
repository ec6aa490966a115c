import { newProducerId } from '../broker/topic/producer-ids.ts'
import { initRoom, initTransaction } from '../broker/transaction/init.ts'
import { ErrorCode } from '../wire/kafka/errors.ts'
import { InitProducerIdRequest, InitProducerIdResponse } from '../wire/kafka/messages/init-producer-id.ts'
import type { Decoded } from '../wire/kafka/schema.ts'
import { api, type Call } from './api.ts'
import { codeFor } from './transaction/refusals.ts'

/*
 * InitProducerId, 0 to 5. An idempotent producer gets a new id, as in Kafka also when it has one and asks again (KIP-360, version 3 on): that ends
 * its old sequence numbers as well as a higher epoch would. One with a transactional id keeps its id and gets a higher epoch, which fences
 * whoever had the transactional id before; while a transaction is open it is aborted first, and the producer asks again.
 */

type InitCall = Call<typeof InitProducerIdResponse>

export const initProducerId = api(
  InitProducerIdRequest,
  InitProducerIdResponse,
  { from: 0, to: 5, writes: true },
  (request, call) => {
    // Who names an id has to name its epoch, and the other way round.
    if (request.producerId < 0 !== request.producerEpoch < 0) refuse(call, ErrorCode.INVALID_REQUEST, 0)
    else if (request.transactionalId === null) initIdempotent(call)
    else initTransactional(request, request.transactionalId, call)
  },
)

function initIdempotent(call: InitCall): void {
  const producerId = newProducerId(call.front.topics)
  if (producerId < 0) refuse(call, ErrorCode.COORDINATOR_NOT_AVAILABLE, 0)
  else call.reply({ producerId, producerEpoch: 0 })
}

function initTransactional(request: Decoded<typeof InitProducerIdRequest>, id: string, call: InitCall): void {
  const { transactions, groups } = call.front
  groups.whenRoom(initRoom(transactions, id), (hasRoom) => {
    if (!hasRoom) {
      refuse(call, ErrorCode.COORDINATOR_NOT_AVAILABLE, 0)
      return
    }
    const { transactionTimeoutMs: timeoutMs, producerId, producerEpoch } = request
    const { refusal, image, position } = initTransaction(transactions, id, { timeoutMs, producerId, producerEpoch })
    if (refusal !== null) refuse(call, codeFor(refusal, call.version >= 4), position)
    // A new producer id is remembered behind it: everything up to now counts.
    else call.reply({ producerId: image.producerId, producerEpoch: image.producerEpoch })
  })
}

function refuse(call: InitCall, errorCode: number, position: number): void {
  call.reply({ errorCode, producerId: -1, producerEpoch: -1 }, position)
}

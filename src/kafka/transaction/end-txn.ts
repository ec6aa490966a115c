import { endRoom, endTransaction } from '../../broker/transaction/end.ts'
import { idSource } from '../../broker/transaction/init.ts'
import { decideEnd } from '../../core/transaction/end.ts'
import { ErrorCode } from '../../wire/kafka/errors.ts'
import { EndTxnRequest, EndTxnResponse } from '../../wire/kafka/messages/end-txn.ts'
import type { Decoded } from '../../wire/kafka/schema.ts'
import { api, type Call } from '../api.ts'
import { codeFor, TRANSACTION_CODES } from './refusals.ts'

/* EndTxn, 0 to 5. Version 5 gives the producer a new epoch with each end (KIP-890), so that nothing late can get into the next transaction. */

type EndCall = Call<typeof EndTxnResponse>

export const endTxn = api(EndTxnRequest, EndTxnResponse, { from: 0, to: 5 }, (request, call) => {
  const { transactions, groups } = call.front
  if (request.transactionalId === '') {
    call.reply({ errorCode: ErrorCode.INVALID_REQUEST }, 0)
    return
  }
  const transaction = transactions.byId.get(request.transactionalId)
  // A new producer id may have to be remembered as well.
  const room = transaction === undefined ? 0 : 64 + endRoom(transaction)
  groups.whenRoom(room, (hasRoom) => {
    if (hasRoom) end(request, call)
    else call.reply({ errorCode: TRANSACTION_CODES['no-room'] }, 0)
  })
})

function end(request: Decoded<typeof EndTxnRequest>, call: EndCall): void {
  const { transactions, broker } = call.front
  const transaction = transactions.byId.get(request.transactionalId)
  const { producerId, producerEpoch, committed: commit } = request
  const asked = { producerId, producerEpoch, commit, bumps: call.version >= 5 }
  const decision = decideEnd(transaction, asked, broker.env.clock.now(), idSource(transactions))
  if (decision.does === 'refuse' || transaction === undefined) {
    const refusal = decision.does === 'refuse' ? decision.refusal : 'unknown-producer'
    const position = transaction?.changedAt ?? transactions.forgottenAt
    call.reply({ errorCode: codeFor(refusal, call.version >= 2) }, position)
    return
  }
  if (decision.does === 'end') endTransaction(transactions, transaction, decision.ending)
  const { image, changedAt } = transaction
  call.reply({ producerId: image.producerId, producerEpoch: image.producerEpoch }, changedAt)
}

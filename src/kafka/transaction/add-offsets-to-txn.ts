import { touch } from '../../broker/transaction/touch.ts'
import { ErrorCode } from '../../wire/kafka/errors.ts'
import { AddOffsetsToTxnRequest, AddOffsetsToTxnResponse } from '../../wire/kafka/messages/add-offsets-to-txn.ts'
import { api } from '../api.ts'
import { codeFor } from './refusals.ts'

/* AddOffsetsToTxn, 0 to 4: a group's offsets will be committed with the transaction. */
export const addOffsetsToTxn = api(
  AddOffsetsToTxnRequest,
  AddOffsetsToTxnResponse,
  { from: 0, to: 4, writes: true },
  (request, call) => {
    const refusal = touch(call.front.transactions, request, [], [request.groupId])
    call.reply({ errorCode: refusal === null ? ErrorCode.NONE : codeFor(refusal, call.version >= 2) })
  },
)

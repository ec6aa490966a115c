import { ensureInternal } from '../../broker/topic/internal.ts'
import { OFFSETS_TOPIC, TRANSACTIONS_TOPIC } from '../../broker/topic/name.ts'
import { ErrorCode } from '../../wire/kafka/errors.ts'
import { FindCoordinatorRequest, FindCoordinatorResponse } from '../../wire/kafka/messages/find-coordinator.ts'
import { api, type Call } from '../api.ts'
import { addressFor } from '../metadata.ts'

/*
 * FindCoordinator, 0 to 6. The coordinator of every group and of every transactional id is this broker. Who asks for one makes Kafka's internal topic. Other kinds of coordinators are
 * answered as Kafka does where it has none.
 */

const GROUP = 0
const TRANSACTION = 1
const SHARE = 2
const MALFORMED =
  'This most likely occurs because of a request being malformed by the client library or the message was sent to an incompatible broker. See the broker logs for more details.'

export const findCoordinator = api(
  FindCoordinatorRequest,
  FindCoordinatorResponse,
  { from: 0, to: 6 },
  (request, call) => {
    const found = find(request.keyType, call)
    // There are coordinators of that kind in Kafka, of partitions, which this key does not name.
    if (request.keyType === SHARE && call.version >= 4) found.errorMessage = ''
    const isAsked = call.version < 4 || request.coordinatorKeys.length > 0
    if (isAsked && request.keyType === GROUP) ensureInternal(call.front.topics, OFFSETS_TOPIC)
    if (isAsked && request.keyType === TRANSACTION) ensureInternal(call.front.topics, TRANSACTIONS_TOPIC)
    // Kafka has a word for no error up to version 3.
    if (call.version < 4) call.reply({ ...found, errorMessage: found.errorMessage || 'NONE' }, 0)
    else call.reply({ coordinators: request.coordinatorKeys.map((key) => ({ key, ...found })) }, 0)
  },
)

function find(keyType: number, call: Call) {
  if (keyType === GROUP || keyType === TRANSACTION) {
    const nodeId = call.front.options.nodeId
    return { ...addressFor(call), nodeId, errorCode: ErrorCode.NONE, errorMessage: '' }
  }
  return { nodeId: -1, host: '', port: -1, errorCode: ErrorCode.INVALID_REQUEST, errorMessage: MALFORMED }
}

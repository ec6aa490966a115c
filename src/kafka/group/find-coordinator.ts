import { ErrorCode } from '../../wire/kafka/errors.ts'
import { FindCoordinatorRequest, FindCoordinatorResponse } from '../../wire/kafka/messages/find-coordinator.ts'
import { api, type Call } from '../api.ts'
import { addressFor } from '../metadata.ts'

/*
 * FindCoordinator, 0 to 6. The coordinator of every consumer group is this broker.
 *
 * Transactions and share groups have none here. COORDINATOR_NOT_AVAILABLE would be the honest word, but clients take it for passing
 * and ask until their own time-out; INVALID_REQUEST, which Kafka answers for kinds of coordinators that it does not have, ends a transactional
 * producer's start at once, with the text.
 */

const GROUP = 0
const KINDS = ['consumer groups', 'transactions', 'share groups']

export const findCoordinator = api(
  FindCoordinatorRequest,
  FindCoordinatorResponse,
  { from: 0, to: 6 },
  (request, call) => {
    const found = find(request.keyType, call)
    // Kafka has a word for no error up to version 3.
    if (call.version < 4) call.reply({ ...found, errorMessage: found.errorMessage || 'NONE' }, 0)
    else call.reply({ coordinators: request.coordinatorKeys.map((key) => ({ key, ...found })) }, 0)
  },
)

function find(keyType: number, call: Call) {
  if (keyType === GROUP) {
    const nodeId = call.front.options.nodeId
    return { ...addressFor(call), nodeId, errorCode: ErrorCode.NONE, errorMessage: '' }
  }
  const errorMessage = `This broker does not serve ${KINDS[keyType] ?? `coordinators of type ${keyType}`}.`
  return { nodeId: -1, host: '', port: -1, errorCode: ErrorCode.INVALID_REQUEST, errorMessage }
}

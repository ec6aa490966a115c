import { ErrorCode } from '../wire/kafka/errors.ts'
import { DescribeClusterRequest, DescribeClusterResponse } from '../wire/kafka/messages/describe-cluster.ts'
import { api } from './api.ts'
import { addressFor } from './metadata.ts'
import { CLUSTER_OPERATIONS, UNASKED } from './operations.ts'

/* DescribeCluster, 0 to 2. From version 1 on one may ask for controllers, whom only their own listener tells. */

const BROKERS = 1
const CONTROLLERS = 2

export const describeCluster = api(
  DescribeClusterRequest,
  DescribeClusterResponse,
  { from: 0, to: 2 },
  (request, call) => {
    const { nodeId, clusterId } = call.front.options
    if (request.endpointType !== BROKERS) {
      const isKnown = request.endpointType === CONTROLLERS
      const errorCode = isKnown ? ErrorCode.MISMATCHED_ENDPOINT_TYPE : ErrorCode.UNSUPPORTED_ENDPOINT_TYPE
      const errorMessage = isKnown
        ? 'The request was sent to an endpoint of type BROKER, but we wanted an endpoint of type CONTROLLER'
        : `Unsupported endpoint type ${request.endpointType}`
      call.reply({ errorCode, errorMessage, endpointType: BROKERS }, 0)
      return
    }
    call.reply(
      {
        clusterId,
        controllerId: nodeId,
        brokers: [{ brokerId: nodeId, ...addressFor(call), rack: null }],
        clusterAuthorizedOperations: request.includeClusterAuthorizedOperations ? CLUSTER_OPERATIONS : UNASKED,
      },
      0,
    )
  },
)

import { array, bool, int16, int32, message, string, struct, uuid } from '../schema.ts'

export const ShareGroupDescribeRequest = message(
  'ShareGroupDescribeRequest',
  { key: 77, versions: '1', flexible: '0+' },
  {
    groupIds: array('0+', 'string'),
    includeAuthorizedOperations: bool('0+'),
  },
)

export const ShareGroupDescribeResponse = message(
  'ShareGroupDescribeResponse',
  { key: 77, versions: '1', flexible: '0+' },
  {
    throttleTimeMs: int32('0+'),
    groups: array('0+', {
      errorCode: int16('0+'),
      errorMessage: string('0+', { nullable: '0+', default: null }),
      groupId: string('0+'),
      groupState: string('0+'),
      groupEpoch: int32('0+'),
      assignmentEpoch: int32('0+'),
      assignorName: string('0+'),
      members: array('0+', {
        memberId: string('0+'),
        rackId: string('0+', { nullable: '0+', default: null }),
        memberEpoch: int32('0+'),
        clientId: string('0+'),
        clientHost: string('0+'),
        subscribedTopicNames: array('0+', 'string'),
        assignment: struct('0+', {
          topicPartitions: array('0+', {
            topicId: uuid('0+'),
            topicName: string('0+'),
            partitions: array('0+', 'int32'),
          }),
        }),
      }),
      authorizedOperations: int32('0+', { default: -2147483648 }),
    }),
  },
)

import { array, int16, int32, int64, message, string } from '../schema.ts'

export const DescribeTransactionsRequest = message(
  'DescribeTransactionsRequest',
  { key: 65, versions: '0', flexible: '0+' },
  {
    transactionalIds: array('0+', 'string'),
  },
)

export const DescribeTransactionsResponse = message(
  'DescribeTransactionsResponse',
  { key: 65, versions: '0', flexible: '0+' },
  {
    throttleTimeMs: int32('0+'),
    transactionStates: array('0+', {
      errorCode: int16('0+'),
      transactionalId: string('0+'),
      transactionState: string('0+'),
      transactionTimeoutMs: int32('0+'),
      transactionStartTimeMs: int64('0+'),
      producerId: int64('0+'),
      producerEpoch: int16('0+'),
      topics: array('0+', {
        topic: string('0+'),
        partitions: array('0+', 'int32'),
      }),
    }),
  },
)

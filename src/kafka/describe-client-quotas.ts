import {
  DescribeClientQuotasRequest,
  DescribeClientQuotasResponse,
} from '../wire/kafka/messages/describe-client-quotas.ts'
import { api } from './api.ts'

/* DescribeClientQuotas, 0 to 1: there are no quotas. */
export const describeClientQuotas = api(
  DescribeClientQuotasRequest,
  DescribeClientQuotasResponse,
  { from: 0, to: 1 },
  (_request, call) => call.reply({ errorMessage: null, entries: [] }, 0),
)

import { ErrorCode } from '../wire/kafka/errors.ts'
import { CreateAclsRequest, CreateAclsResponse } from '../wire/kafka/messages/create-acls.ts'
import { DeleteAclsRequest, DeleteAclsResponse } from '../wire/kafka/messages/delete-acls.ts'
import { DescribeAclsRequest, DescribeAclsResponse } from '../wire/kafka/messages/describe-acls.ts'
import { api } from './api.ts'

/*
 * DescribeAcls, CreateAcls and DeleteAcls, 1 to 3. Everybody may do everything: that is said as Kafka says it without an authorizer, so
 * that admin clients show it instead of losing their connection.
 */

const DISABLED = { errorCode: ErrorCode.SECURITY_DISABLED, errorMessage: 'No Authorizer is configured.' }

export const describeAcls = api(DescribeAclsRequest, DescribeAclsResponse, { from: 1, to: 3 }, (_request, call) =>
  call.reply(DISABLED, 0),
)

export const createAcls = api(CreateAclsRequest, CreateAclsResponse, { from: 1, to: 3 }, (request, call) =>
  call.reply({ results: request.creations.map(() => DISABLED) }, 0),
)

export const deleteAcls = api(DeleteAclsRequest, DeleteAclsResponse, { from: 1, to: 3 }, (request, call) =>
  call.reply({ filterResults: request.filters.map(() => DISABLED) }, 0),
)

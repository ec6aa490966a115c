import { ErrorCode } from '../../wire/kafka/errors.ts'
import {
  CreateDelegationTokenRequest,
  CreateDelegationTokenResponse,
} from '../../wire/kafka/messages/create-delegation-token.ts'
import {
  DescribeDelegationTokenRequest,
  DescribeDelegationTokenResponse,
} from '../../wire/kafka/messages/describe-delegation-token.ts'
import {
  ExpireDelegationTokenRequest,
  ExpireDelegationTokenResponse,
} from '../../wire/kafka/messages/expire-delegation-token.ts'
import {
  RenewDelegationTokenRequest,
  RenewDelegationTokenResponse,
} from '../../wire/kafka/messages/renew-delegation-token.ts'
import { type Api, api, type Call } from '../api.ts'
import { ANONYMOUS } from './authorizer.ts'

/*
 * There are no delegation tokens: what is said is what Kafka says whose operator has set no secret for them. Who has not said who he is can't have
 * any, and that is said first.
 */

function refusal({ login, principal }: Pick<Call, 'login' | 'principal'>): { readonly errorCode: number } {
  const isNobody = login === null && principal === ANONYMOUS
  const errorCode = isNobody ? ErrorCode.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED : ErrorCode.DELEGATION_TOKEN_AUTH_DISABLED
  return { errorCode }
}

export const DELEGATION_TOKEN_APIS: readonly Api[] = [
  api(CreateDelegationTokenRequest, CreateDelegationTokenResponse, { from: 1, to: 3 }, (_request, call) => {
    const [type = '', name = ''] = call.principal.split(':', 2)
    const who = { principalType: type, principalName: name }
    const requester = { tokenRequesterPrincipalType: type, tokenRequesterPrincipalName: name }
    const times = { issueTimestampMs: -1, expiryTimestampMs: -1, maxTimestampMs: -1 }
    call.reply({ ...refusal(call), ...who, ...requester, ...times }, 0)
  }),
  api(RenewDelegationTokenRequest, RenewDelegationTokenResponse, { from: 1, to: 2 }, (_request, call) =>
    call.reply({ ...refusal(call), expiryTimestampMs: -1 }, 0),
  ),
  api(ExpireDelegationTokenRequest, ExpireDelegationTokenResponse, { from: 1, to: 2 }, (_request, call) =>
    call.reply({ ...refusal(call), expiryTimestampMs: -1 }, 0),
  ),
  api(DescribeDelegationTokenRequest, DescribeDelegationTokenResponse, { from: 1, to: 3 }, (_request, call) =>
    call.reply(refusal(call), 0),
  ),
]

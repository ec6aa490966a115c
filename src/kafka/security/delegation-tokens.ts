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
import { type Api, api } from '../api.ts'

/* There are no delegation tokens: what is said is what Kafka says whose operator has set no secret for them. */

const DISABLED = { errorCode: ErrorCode.DELEGATION_TOKEN_AUTH_DISABLED }

export const DELEGATION_TOKEN_APIS: readonly Api[] = [
  api(CreateDelegationTokenRequest, CreateDelegationTokenResponse, { from: 1, to: 3 }, (_request, call) =>
    call.reply(DISABLED, 0),
  ),
  api(RenewDelegationTokenRequest, RenewDelegationTokenResponse, { from: 1, to: 2 }, (_request, call) =>
    call.reply(DISABLED, 0),
  ),
  api(ExpireDelegationTokenRequest, ExpireDelegationTokenResponse, { from: 1, to: 2 }, (_request, call) =>
    call.reply(DISABLED, 0),
  ),
  api(DescribeDelegationTokenRequest, DescribeDelegationTokenResponse, { from: 1, to: 3 }, (_request, call) =>
    call.reply(DISABLED, 0),
  ),
]

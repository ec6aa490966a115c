import { ErrorCode } from '../../wire/kafka/errors.ts'
import { SaslHandshakeRequest, SaslHandshakeResponse } from '../../wire/kafka/messages/sasl-handshake.ts'
import { api } from '../api.ts'

/*
 * SaslHandshake, 0 to 1: which mechanism the client wants to log in by. After version 0 its messages come bare, after version 1 in SaslAuthenticate. A mechanism
 * that is not offered is answered after a while, and the connection ends.
 */

export const saslHandshake = api(SaslHandshakeRequest, SaslHandshakeResponse, { from: 0, to: 1 }, (request, call) => {
  const { login } = call
  if (login === null || !login.mayBegin()) {
    call.reply({ errorCode: ErrorCode.ILLEGAL_SASL_STATE, mechanisms: [] }, 0)
    return
  }
  const { mechanisms, failureDelayMs } = login.options
  if (login.begin(request.mechanism, call.version)) {
    call.reply({ errorCode: ErrorCode.NONE, mechanisms }, 0)
    return
  }
  let gone = false
  call.onGone = () => {
    gone = true
  }
  call.front.broker.timers.after(failureDelayMs, () => {
    if (gone) return
    call.reply({ errorCode: ErrorCode.UNSUPPORTED_SASL_MECHANISM, mechanisms }, 0)
    call.abort(`the client wants to log in by ${JSON.stringify(request.mechanism.slice(0, 64))}, which is not offered`)
  })
})

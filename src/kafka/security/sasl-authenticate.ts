import { ErrorCode } from '../../wire/kafka/errors.ts'
import { SaslAuthenticateRequest, SaslAuthenticateResponse } from '../../wire/kafka/messages/sasl-authenticate.ts'
import { api } from '../api.ts'

/* SaslAuthenticate, 0 to 2: one message of the mechanism each way. A failed login is answered after a while, and the connection ends. */

export const saslAuthenticate = api(
  SaslAuthenticateRequest,
  SaslAuthenticateResponse,
  { from: 0, to: 2 },
  (request, call) => {
    const { login } = call
    if (login === null || !login.expectsToken) {
      const errorMessage = 'SaslAuthenticate request received after successful authentication'
      call.reply({ errorCode: ErrorCode.ILLEGAL_SASL_STATE, errorMessage }, 0)
      return
    }
    let gone = false
    call.onGone = () => {
      gone = true
    }
    const { broker } = call.front
    login.next(request.authBytes, (answer) => {
      if (gone) return
      // Who may log in is told by what is in the journal: the answer waits for that.
      if (answer.ok) {
        call.reply({ authBytes: answer.token, sessionLifetimeMs: answer.lifetimeMs }, broker.access.changedAt)
        return
      }
      const release = () => {
        if (gone) return
        call.reply({ errorCode: ErrorCode.SASL_AUTHENTICATION_FAILED, errorMessage: answer.text }, 0)
        call.abort(`login failed: ${answer.text}`)
      }
      broker.turn.hold(broker.access.changedAt, { release })
    })
  },
)

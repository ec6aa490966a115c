import { nextEpoch, type ShareSession } from '../../broker/share/share-sessions.ts'
import { ErrorCode } from '../../wire/kafka/errors.ts'
import type { Call } from '../api.ts'

/** The epoch of a request that begins a session, and of the one that ends it. */
const FIRST = 0
export const LAST = -1

interface Request {
  readonly groupId: string | null
  readonly memberId: string | null
  readonly shareSessionEpoch: number
}

export type Found =
  | { readonly ok: true; readonly session: ShareSession }
  | { readonly ok: false; readonly errorCode: number; readonly errorMessage: string | null }

function no(errorCode: number, errorMessage: string | null = null): Found {
  return { ok: false, errorCode, errorMessage }
}

/** Finds or begins the session that a request belongs to, and counts its epoch on. */
export function sessionOf(call: Call, request: Request, mayBegin: boolean): Found {
  const { shares } = call.front
  const { groupId, memberId, shareSessionEpoch: epoch } = request
  if (groupId === null || memberId === null || memberId === '') return no(ErrorCode.INVALID_REQUEST)
  if (epoch === FIRST) {
    if (!mayBegin) return no(ErrorCode.INVALID_SHARE_SESSION_EPOCH)
    const session = shares.sessions.begin(groupId, memberId)
    if (session === null) return no(ErrorCode.SHARE_SESSION_LIMIT_REACHED)
    const end = () => shares.endSession(groupId, memberId)
    call.onClosed.add(end)
    session.onEnd = () => call.onClosed.delete(end)
    return { ok: true, session }
  }
  const session = shares.sessions.get(groupId, memberId)
  if (session === undefined) return no(ErrorCode.SHARE_SESSION_NOT_FOUND)
  if (epoch === LAST) return { ok: true, session }
  if (epoch !== session.epoch) return no(ErrorCode.INVALID_SHARE_SESSION_EPOCH)
  session.epoch = nextEpoch(epoch)
  return { ok: true, session }
}

import { ErrorCode } from '../../wire/kafka/errors.ts'
import type { Front } from '../front.ts'

/** Whether it is a share group without members: only then may what it knows of partitions be changed. */
export function emptyGroup(
  front: Front,
  groupId: string,
): { readonly ok: true } | { readonly ok: false; readonly errorCode: number; readonly errorMessage: string | null } {
  const group = front.shares.byName.get(groupId)
  if (groupId === '')
    return { ok: false, errorCode: ErrorCode.INVALID_GROUP_ID, errorMessage: 'The group id is invalid.' }
  if (group === undefined) {
    const isOther = front.groups.get(groupId) !== undefined
    const errorMessage = isOther ? `Group ${groupId} is not a share group.` : `Group ${groupId} not found.`
    return { ok: false, errorCode: ErrorCode.GROUP_ID_NOT_FOUND, errorMessage }
  }
  if (group.members.size === 0) return { ok: true }
  return { ok: false, errorCode: ErrorCode.NON_EMPTY_GROUP, errorMessage: 'The group is not empty.' }
}

import type { ShareGroup } from '../../core/group/share/share-group.ts'
import { ErrorCode } from '../../wire/kafka/errors.ts'
import { DeleteGroupsRequest, DeleteGroupsResponse } from '../../wire/kafka/messages/delete-groups.ts'
import { api } from '../api.ts'
import { GROUP_CODES, NO_ROOM } from './refusals.ts'

/* DeleteGroups, 0 to 2: forgets groups without members, and their offsets. */

export const deleteGroups = api(DeleteGroupsRequest, DeleteGroupsResponse, { from: 0, to: 2 }, (request, call) => {
  const { groups, shares } = call.front
  const names = [...new Set(request.groupsNames)]
  let room = 0
  for (const name of names) room += 64 + 3 * name.length
  groups.whenRoom(room, (hasRoom) => {
    const results = names.map((groupId) => ({ groupId, errorCode: hasRoom ? remove(groupId) : NO_ROOM }))
    call.reply({ results }, Math.max(groups.deletedAt, shares.deletedAt))
  })

  function remove(name: string): number {
    const share = shares.byName.get(name)
    if (share !== undefined) return removeShare(share)
    const group = groups.get(name)
    if (group === undefined) return ErrorCode.GROUP_ID_NOT_FOUND
    let errorCode: number = ErrorCode.NONE
    const token = groups.park((reply) => {
      errorCode = GROUP_CODES[reply.error]
    })
    groups.handle(group, { kind: 'delete', token })
    return errorCode
  }

  function removeShare(share: ShareGroup): number {
    if (share.members.size > 0) return ErrorCode.NON_EMPTY_GROUP
    shares.delete(share)
    return ErrorCode.NONE
  }
})

import type { Group } from '../../core/group/classic.ts'
import { ListGroupsRequest, ListGroupsResponse } from '../../wire/kafka/messages/list-groups.ts'
import { api } from '../api.ts'

/* ListGroups, 0 to 5: all groups, or those in one of these states (from version 4 on) and of one of these types (5). All are classic. */

const TYPE = 'classic'

export const listGroups = api(ListGroupsRequest, ListGroupsResponse, { from: 0, to: 5 }, (request, call) => {
  const { groups } = call.front
  const states = new Set(request.statesFilter.map((state) => state.toLowerCase()))
  const types = new Set(request.typesFilter.map((type) => type.toLowerCase()))
  const isWanted = (group: Group) =>
    (states.size === 0 || states.has(group.state.toLowerCase())) && (types.size === 0 || types.has(TYPE))
  let position = groups.deletedAt
  const listed: { groupId: string; protocolType: string; groupState: string; groupType: string }[] = []
  for (const group of groups.byName.values()) {
    position = Math.max(position, group.changedAt)
    if (!isWanted(group)) continue
    const { name: groupId, protocolType, state: groupState } = group
    listed.push({ groupId, protocolType, groupState, groupType: TYPE })
  }
  call.reply({ groups: listed }, position)
})

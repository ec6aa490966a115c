import type { Group } from '../../core/group/classic.ts'
import { ListGroupsRequest, ListGroupsResponse } from '../../wire/kafka/messages/list-groups.ts'
import { api } from '../api.ts'

/* ListGroups, 0 to 5: all groups, or those in one of these states (from version 4 on) and of one of these types (5). */

export const listGroups = api(ListGroupsRequest, ListGroupsResponse, { from: 0, to: 5 }, (request, call) => {
  const { groups } = call.front
  const states = new Set(request.statesFilter.map((state) => state.toLowerCase()))
  const types = new Set(request.typesFilter.map((type) => type.toLowerCase()))
  const isWanted = (group: Group) =>
    (states.size === 0 || states.has(stateOf(group).toLowerCase())) && (types.size === 0 || types.has(typeOf(group)))
  let position = Math.max(groups.deletedAt, call.front.shares.deletedAt)
  const listed: { groupId: string; protocolType: string; groupState: string; groupType: string }[] = []
  for (const group of groups.byName.values()) {
    position = Math.max(position, group.changedAt)
    if (!isWanted(group)) continue
    const { name: groupId, consumer } = group
    const protocolType = consumer === null ? group.protocolType : 'consumer'
    listed.push({ groupId, protocolType, groupState: stateOf(group), groupType: typeOf(group) })
  }
  for (const { name: groupId, state: groupState, changedAt } of call.front.shares.byName.values()) {
    position = Math.max(position, changedAt)
    const isAsked = states.size === 0 || states.has(groupState.toLowerCase())
    if (!isAsked || (types.size > 0 && !types.has('share'))) continue
    listed.push({ groupId, protocolType: 'share', groupState, groupType: 'share' })
  }
  call.reply({ groups: listed }, position)
})

function typeOf({ consumer }: Group): string {
  return consumer === null ? 'classic' : 'consumer'
}

function stateOf({ consumer, state }: Group): string {
  return consumer === null ? state : consumer.state
}

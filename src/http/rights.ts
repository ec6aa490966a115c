import type { Broker } from '../broker/broker.ts'
import type { Rights } from './call.ts'

/** May do everything. */
const ADMINISTRATOR = 'administrator'
/** Subjects are names in the first vhost: its permissions are asked. */
const VHOST = '/'

const EVERYTHING: Rights = {
  mayRead: () => true,
  mayWrite: () => true,
  mayConfigure: () => true,
  administrator: true,
}

/** Where nobody is asked who he is. */
export function rightsOfAnybody(): Rights {
  return EVERYTHING
}

/** What a user may do: with subjects what his permissions in the vhost `/` say of their names, and what concerns all only as an administrator. */
export function rightsOf(broker: Broker, user: string): Rights {
  const { access } = broker
  if (access.user(user)?.tags.includes(ADMINISTRATOR) === true) return EVERYTHING
  const may = (permission: 'read' | 'write' | 'configure') => (subject: string) =>
    access.permissions.allows(user, VHOST, permission, subject)
  return { mayRead: may('read'), mayWrite: may('write'), mayConfigure: may('configure'), administrator: false }
}

import {
  clearPermissions,
  clearTopicPermissions,
  setPermissions,
  setTopicPermissions,
} from '../../broker/access/permission.ts'
import { type Command, change, look, need, needAll, optional, vhostOf } from './command.ts'

export const PERMISSIONS: Readonly<Record<string, Command>> = {
  'permissions list': look('what users may do in which vhost', [], (broker) =>
    [...broker.access.permissions.all()].map(({ user, vhost, texts }) => ({ user, vhost, ...texts })),
  ),
  'permissions set': change('say what a user may do', ['user', 'vhost', 'configure', 'write', 'read'], (broker, args) =>
    setPermissions(broker, need(args, 'user'), vhostOf(args), needAll(args, 'configure', 'write', 'read')),
  ),
  'permissions clear': change('a user may not use a vhost any more', ['user', 'vhost'], (broker, args) =>
    clearPermissions(broker, need(args, 'user'), vhostOf(args)),
  ),
  'topic-permissions list': look('which routing keys users may use', [], (broker) =>
    [...broker.access.permissions.allTopics()].map(({ user, vhost, exchange, texts }) => ({
      user,
      vhost,
      exchange,
      ...texts,
    })),
  ),
  'topic-permissions set': change(
    'restrict routing keys on a topic exchange',
    ['user', 'vhost', 'exchange', 'write', 'read'],
    (broker, args) =>
      setTopicPermissions(
        broker,
        need(args, 'user'),
        vhostOf(args),
        need(args, 'exchange'),
        needAll(args, 'write', 'read'),
      ),
  ),
  'topic-permissions clear': change('allow every routing key again', ['user', 'vhost', 'exchange'], (broker, args) =>
    clearTopicPermissions(broker, need(args, 'user'), vhostOf(args), optional(args, 'exchange') ?? null),
  ),
}

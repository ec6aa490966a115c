import { setParameter } from '../../broker/policy/parameter.ts'
import { setVHost } from '../../broker/vhost/create.ts'
import { deleteVHost } from '../../broker/vhost/delete.ts'
import type { VHostMetadata } from '../../broker/vhost.ts'
import { type Json, VHOST_LIMITS } from '../../core/policy/parameters.ts'
import { tagsOf } from '../definitions/item.ts'
import { type Command, change, changeInSteps, look, need, optional } from './command.ts'

export const VHOSTS: Readonly<Record<string, Command>> = {
  'vhosts list': look('vhosts, with their limits', [], (broker) =>
    [...broker.vhosts.values()]
      .map(({ name, metadata, queues }) => ({
        name,
        description: metadata.description,
        tags: metadata.tags,
        default_queue_type: metadata.default_queue_type,
        limits: broker.parameters.get(name, VHOST_LIMITS, 'limits')?.value ?? {},
        queues: queues.size,
        connections: broker.connections.inVHost(name),
      }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
  ),
  'vhosts set': change(
    'make or describe a vhost',
    ['name', 'description', 'tags', 'default-queue-type', 'protected'],
    (broker, args) => {
      const [description, tags] = [optional(args, 'description'), optional(args, 'tags')]
      const type = optional(args, 'default-queue-type')
      const metadata: Partial<VHostMetadata> = {
        ...(description === undefined ? {} : { description }),
        ...(tags === undefined ? {} : { tags: tagsOf(tags) }),
        ...(type === undefined ? {} : { default_queue_type: type }),
        ...(args.protected === undefined ? {} : { protected_from_deletion: args.protected === 'true' }),
      }
      return setVHost(broker, { name: need(args, 'name'), metadata })
    },
  ),
  'vhosts limit': change('set limits of a vhost', ['name', 'max-connections', 'max-queues'], (broker, args) => {
    const name = need(args, 'name')
    const known = broker.parameters.get(name, VHOST_LIMITS, 'limits')?.value ?? {}
    const named = ['max-connections', 'max-queues'].filter((limit) => args[limit] !== undefined)
    const limits = Object.fromEntries(named.map((limit) => [limit, Number(args[limit])]))
    return setParameter(broker, name, VHOST_LIMITS, 'limits', { ...(known as Record<string, Json>), ...limits })
  }),
  'vhosts delete': changeInSteps('delete a vhost with everything in it', ['name'], (broker, args, done) =>
    deleteVHost(broker, need(args, 'name'), () => done(null)),
  ),
}

import type { Channel } from './channel.ts'

/** To bind takes write permission on the destination and read permission on the source; and, if that is a topic exchange, on the key. */
export function requireBinding(
  { rights, vhost }: Channel,
  what: 'queue' | 'exchange',
  destination: string,
  source: string,
  key: string,
): void {
  rights.require('write', what, destination)
  // The default exchange's bindings are nobody's to change, whatever one may do.
  if (source === '' || (what === 'exchange' && destination === '')) return
  rights.require('read', 'exchange', source)
  if (vhost.router.exchanges.get(source)?.properties.type === 'topic') rights.requireTopic('read', source, key)
}

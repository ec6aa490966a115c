import { refused } from '../../broker/done.ts'
import { type Command, change, look, need, optional } from './command.ts'

export const CONNECTIONS: Readonly<Record<string, Command>> = {
  'connections list': look('who is connected', [], (broker) =>
    [...broker.connections].map(({ protocol, name, user, vhost, connectedAt, channels }) => ({
      protocol,
      name,
      user,
      vhost,
      connected_at: new Date(connectedAt).toISOString(),
      channels,
    })),
  ),
  'connections close': change('close connections', ['name', 'user', 'vhost', 'reason'], (broker, args) => {
    const [name, user, vhost] = ['name', 'user', 'vhost'].map((key) => optional(args, key))
    if (user === undefined && vhost === undefined) need(args, 'name')
    const chosen = [...broker.connections].filter(
      (one) =>
        (name === undefined || one.name === name) &&
        (user === undefined || one.user === user) &&
        (vhost === undefined || one.vhost === vhost),
    )
    if (chosen.length === 0) return refused('not-found', 'there is no such connection')
    const picked = new Set(chosen)
    broker.connections.closeAll((one) => picked.has(one), optional(args, 'reason') ?? 'closed by an operator')
    return { ok: true }
  }),
}

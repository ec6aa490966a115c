import { type Contracted, listContracts } from '../../broker/contract/list.ts'
import { type Command, look, optional } from './command.ts'

export const CONTRACTS: Readonly<Record<string, Command>> = {
  'contracts list': look(
    'queues, exchanges and topics with a contract, and what broke it since the broker started',
    ['vhost'],
    (broker, args) => {
      const vhost = optional(args, 'vhost')
      return [...listContracts(broker)].filter((one) => vhost === undefined || one.vhost === vhost).map(shown)
    },
  ),
}

function shown({ what, vhost, name, level, by, subjects, version, tally }: Contracted) {
  const { checked, warned, refused, buried, dropped, why, at } = tally
  return {
    what,
    vhost,
    name,
    check: level,
    by,
    subject: subjects.join(','),
    version: subjects.length === 0 ? '' : version === 0 ? 'newest' : version,
    checked,
    warned,
    refused,
    dead_lettered: buried,
    dropped,
    last_at: at === 0 ? '' : new Date(at).toISOString(),
    last_reason: why,
  }
}

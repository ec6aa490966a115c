import { refusalError } from '../../amqp/refusals.ts'
import { cancelDelayed } from '../../broker/delay/cancel.ts'
import { listDelayed } from '../../broker/delay/list.ts'
import { refused } from '../../broker/done.ts'
import { type Arguments, type Command, look, need, optional, vhostOf } from './command.ts'

const DEFAULT_LIMIT = 100

export const DELAYED: Readonly<Record<string, Command>> = {
  'delayed list': look(
    'messages that an exchange of type x-delayed-message holds back, --limit of them from --from on',
    ['vhost', 'exchange', 'from', 'limit'],
    (broker, args) => {
      const [from, limit] = [numberOf(args, 'from', 0), numberOf(args, 'limit', DEFAULT_LIMIT)]
      const page = listDelayed(broker, vhostOf(args), need(args, 'exchange'), from, limit)
      if (!page.ok) return refused('not-found', refusalError(page).message)
      return page.messages.map(({ sequence, due, length }) => ({ sequence, due: new Date(due).toISOString(), length }))
    },
  ),
  'delayed cancel': {
    about: 'never release these: --sequences, with commas, as the list names them',
    flags: ['vhost', 'exchange', 'sequences'],
    changes: true,
    run: (broker, args, answer) => {
      const sequences = need(args, 'sequences').split(',').map(Number)
      const outcome = cancelDelayed(broker, vhostOf(args), need(args, 'exchange'), sequences)
      if (outcome.ok) answer({ ok: true, result: { cancelled: outcome.cancelled } })
      else answer(refused('not-found', refusalError(outcome).message))
    },
  },
}

function numberOf(args: Arguments, name: string, otherwise: number): number {
  const text = optional(args, name)
  return text === undefined ? otherwise : Number(text)
}

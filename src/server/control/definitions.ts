import { refused } from '../../broker/done.ts'
import { exportDefinitions } from '../definitions/export.ts'
import { importDefinitions } from '../definitions/import.ts'
import { type Command, look, optional } from './command.ts'

export const DEFINITIONS: Readonly<Record<string, Command>> = {
  'definitions export': {
    ...look('everything that was defined, as RabbitMQ writes it', [], (broker) => exportDefinitions(broker)),
    writes: true,
  },
  'definitions import': {
    about: 'make what a definitions file names; --vhost for a file about one vhost',
    flags: ['vhost'],
    reads: { as: 'definitions', json: true },
    changes: true,
    run: (broker, args, answer) => {
      importDefinitions(broker, args.definitions ?? null, optional(args, 'vhost') ?? null, (imported) => {
        const { counts, problems } = imported
        if (problems.length === 0) answer({ ok: true, result: { ...counts } })
        else answer(refused('invalid', `everything was imported but for:\n${problems.join('\n')}`))
      })
    },
  },
}

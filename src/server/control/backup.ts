import { refused } from '../../broker/done.ts'
import { backUp, targetProblem } from '../backup.ts'
import { type Command, need } from './command.ts'

/** `directory` comes from whoever took the command: it is the one that the broker has. */
export const BACKUP: Readonly<Record<string, Command>> = {
  'backup create': {
    about: 'copy the data directory to --to, as it is now; a broker that runs goes on',
    flags: ['to'],
    changes: false,
    run: (broker, args, answer) => {
      const [directory, target] = [need(args, 'directory'), need(args, 'to')]
      const problem = targetProblem(directory, target)
      if (problem !== null) {
        answer(refused('invalid', problem))
        return
      }
      backUp(broker, directory, target).then(
        (files) => answer({ ok: true, result: { files } }),
        (error: Error) => answer(refused('invalid', error.message)),
      )
    },
  },
}

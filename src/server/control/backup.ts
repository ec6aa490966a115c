import { refused } from '../../broker/done.ts'
import { copyData, syncCopies, targetProblem } from '../backup.ts'
import { type Command, need } from './command.ts'

/** `directory` comes from whoever took the command: it is the one that the broker has. */
export const BACKUP: Readonly<Record<string, Command>> = {
  'backup create': {
    about: 'copy the data directory to --to, as it is at one moment; a broker that runs stands still meanwhile',
    flags: ['to'],
    changes: false,
    run: (_broker, args, answer) => {
      const [directory, target] = [need(args, 'directory'), need(args, 'to')]
      const problem = targetProblem(directory, target)
      if (problem !== null) {
        answer(refused('invalid', problem))
        return
      }
      try {
        const copies = copyData(directory, target)
        syncCopies(target, copies).then(
          () => answer({ ok: true, result: { files: copies.length } }),
          (error: Error) => answer(refused('invalid', error.message)),
        )
      } catch (error) {
        answer(refused('invalid', (error as Error).message))
      }
    },
  },
}

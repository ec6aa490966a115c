import { refused } from '../../broker/done.ts'
import { NodeDisk } from '../../env/node-disk.ts'
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
      backUp(broker, new NodeDisk(target), (error, files) => {
        answer(error === null ? { ok: true, result: { files } } : refused('invalid', error.message))
      })
    },
  },
}

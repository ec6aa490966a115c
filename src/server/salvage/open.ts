import { makeBroker } from '../../broker/open.ts'
import { nodeParts } from '../../env/node.ts'
import { NodeDisk } from '../../env/node-disk.ts'
import { Arena } from '../../std/arena.ts'
import { batchWorker } from '../batch-worker-entry.ts'
import { readConfig } from '../config.ts'
import { type Nouns, registerNouns } from '../fronts.ts'
import { arenaSize, brokerOptions } from '../sizes.ts'
import { type SalvageReport, salvageData } from './salvage.ts'

/** Makes the data directory `target` of what can be read of the one at `directory`. @throws StoreError */
export function salvageDirectory(directory: string, target: string): SalvageReport {
  const config = readConfig({ file: null, environment: {}, flags: {}, listen: [], advertise: [] })
  const arena = new Arena(arenaSize(config))
  const from = new NodeDisk(directory)
  let nouns!: Nouns
  const broker = makeBroker({
    env: { ...nodeParts({ arena, worker: batchWorker }), disk: from },
    arena,
    broker: brokerOptions(config),
    register: [
      (one) => {
        nouns = registerNouns(one, config)
      },
    ],
  })
  return salvageData(from, new NodeDisk(target), broker, nouns.topics)
}

import { writeFileSync } from 'node:fs'
import { serialize } from 'node:v8'
import { NodeClock } from '../../src/env/node-clock.ts'
import { NodeCompute } from '../../src/env/node-compute.ts'
import { NodeDisk } from '../../src/env/node-disk.ts'
import { NodeNet } from '../../src/env/node-net.ts'
import { NodeRandom } from '../../src/env/node-random.ts'
import { batchWorker } from '../../src/server/batch-worker-entry.ts'
import { Arena } from '../../src/std/arena.ts'
import { listen, openSmall } from '../broker-process.ts'
import type { Swarm } from '../swarm.ts'
import type { RecordedEvent } from './event.ts'
import { RecordingDisk } from './recording-disk.ts'
import { RecordingNet } from './recording-net.ts'

/** The real broker as a process whose every write is recorded: `server.js DIRECTORY LOG AMQP-PORT KAFKA-PORT SWARM`. */
const [directory, log, amqpPort, kafkaPort, swarmText] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string,
]
const swarm = JSON.parse(swarmText) as Swarm
const events: RecordedEvent[] = []
const note = (event: RecordedEvent): void => {
  events.push(event)
}
const arena = new Arena(swarm.arena)
const env = {
  clock: new NodeClock(),
  disk: new RecordingDisk(new NodeDisk(directory), note),
  net: new RecordingNet(new NodeNet({ arena }), note),
  random: new NodeRandom(),
  compute: new NodeCompute(batchWorker),
}
const fail = (error: Error): void => {
  throw error
}
const opened = openSmall(swarm, env, arena, fail, () => {})
listen(opened, env.net, Number(amqpPort), Number(kafkaPort), () => {})
setImmediate(() => process.send?.('listening'))
process.on('message', () => {
  const { tidy, checkpoints, journal } = opened.broker.store
  const counts = { tidyings: tidy.tidied, checkpoints: checkpoints.taken, journal: journal.tail }
  writeFileSync(log, serialize({ events, counts }))
  process.exit(0)
})

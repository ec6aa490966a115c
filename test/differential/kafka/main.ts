import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Dice } from '../../../sim/random.ts'
import { Producers } from '../../../src/core/partition/producers.ts'
import { APIS } from '../../../src/kafka/apis.ts'
import { readConfig } from '../../../src/server/config.ts'
import { openLog } from '../../../src/server/log.ts'
import { start } from '../../../src/server/start.ts'
import { search } from '../search.ts'
import { describeCommand } from './command.ts'
import { findCoordinators, hasAuthorizer } from './coordinators.ts'
import { sequence } from './generate.ts'
import { explain, runBoth } from './run.ts'

/** As AUTHORIZER=1 makes the real one. */
const AUTHORIZER = { 'kafka-authorizer': true, 'kafka-allow-everyone-if-no-acl-found': true }

/** Set when the real one has been asked: ours is like it. */
let authorizes = false

/*
 * Compares ours with a real Kafka:
 *
 *   node dist/test/differential/kafka/main.js --real HOST:PORT --sequences 1000
 */
await search({
  realPort: 9092,
  sequence: (seed, prefix, length) => sequence(new Dice(seed), prefix, length),
  run: (commands, _prefix, ours, real) => runBoth(commands, ours, real),
  explain,
  needs: ({ isNeeded }) => isNeeded,
  count: (command, hits) => {
    const [, api, version] = describeCommand(command).split(' ')
    hits.count(`${api} ${version}`)
  },
  all: APIS.flatMap(({ name, served: { from, to } }) =>
    Array.from({ length: to - from + 1 }, (_, n) => `${name} v${from + n}`),
  ),
  plant() {
    Producers.prototype.check = () => ({ verdict: 'append' })
  },
  async ready(real) {
    await findCoordinators(real)
    authorizes = await hasAuthorizer(real)
  },
  open,
})

/** Ours, on a free port, as the real one is configured. */
async function open() {
  const data = mkdtempSync(join(tmpdir(), 'posthorn-differential-'))
  const flags = {
    ...{ data, 'log-level': 'error', 'kafka-num-partitions': '4', 'kafka-group-initial-rebalance-delay': '0' },
    ...(authorizes ? AUTHORIZER : {}),
  }
  const config = readConfig({ file: null, environment: {}, flags, listen: ['kafka://127.0.0.1:0'], advertise: [] })
  let ended = () => {}
  const stopped = new Promise<void>((resolve) => {
    ended = resolve
  })
  const running = await start(config, openLog('error', 'json'), () => ended())
  const { host, port } = running.listeners[0]!
  return {
    host,
    port,
    async stop() {
      running.stop('the comparison is over')
      await stopped
      rmSync(data, { recursive: true })
    },
  }
}

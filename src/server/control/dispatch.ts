import type { Broker } from '../../broker/broker.ts'
import { refused } from '../../broker/done.ts'
import { STREAM_ROOM } from '../../broker/stream/stream-logs.ts'
import { BACKUP } from './backup.ts'
import { type Answer, ArgumentError, type Arguments, type Command } from './command.ts'
import { CONNECTIONS } from './connections.ts'
import { CONTRACTS } from './contracts.ts'
import { DEFINITIONS } from './definitions.ts'
import { DELAYED } from './delayed.ts'
import { PERMISSIONS } from './permissions.ts'
import { POLICIES } from './policies.ts'
import { SCHEMAS } from './schemas.ts'
import { TOPOLOGY } from './topology.ts'
import { USERS } from './users.ts'
import { VHOSTS } from './vhosts.ts'

/** Room in the journal for one change, beside what it is given. */
const ROOM = 4096 + STREAM_ROOM
/** What these take away makes room. */
const TAKES_AWAY = /(delete|clear|purge|close|cancel)$/

/** What an operator can ask of a broker, by noun and verb. */
export const CONTROL: Readonly<Record<string, Command>> = {
  ...USERS,
  ...VHOSTS,
  ...PERMISSIONS,
  ...POLICIES,
  ...TOPOLOGY,
  ...BACKUP,
  ...CONNECTIONS,
  ...DELAYED,
  ...DEFINITIONS,
  ...SCHEMAS,
  ...CONTRACTS,
}

/** Does what an operator asks. A change is answered when it is on the disk; one that finds no room waits for it. */
export function dispatch(broker: Broker, name: string, args: Arguments, answer: (answer: Answer) => void): void {
  const command = Object.hasOwn(CONTROL, name) ? CONTROL[name] : undefined
  if (command === undefined) {
    answer(refused('not-found', `there is no command '${name}'`))
    return
  }
  if (command.changes && !broker.hasRoomForDefinition(roomFor(broker, args), TAKES_AWAY.test(name))) {
    broker.whenRoom(() => dispatch(broker, name, args, answer))
    return
  }
  const settled = (given: Answer) => {
    const position = command.changes ? broker.store.journal.tail : 0
    broker.turn.hold(position, { release: () => answer(given) })
  }
  try {
    command.run(broker, args, settled)
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error
    answer(error.refusal)
  }
}

/** A definitions file is imported piece by piece, each of which asks for room of its own. */
function roomFor({ store }: Broker, { definitions: _, ...args }: Arguments): number {
  return Math.min(ROOM + 2 * JSON.stringify(args).length, store.journal.longest)
}

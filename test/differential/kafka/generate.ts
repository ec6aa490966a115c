import type { Dice } from '../../../sim/random.ts'
import type { Command, Maker, Scene } from './command.ts'
import { ACCESS_MAKERS } from './commands/access.ts'
import { CONFIG_MAKERS } from './commands/configs.ts'
import { CONSUMER_MAKERS } from './commands/consumers.ts'
import { FEATURE_MAKERS } from './commands/features.ts'
import { GROUP_MAKERS } from './commands/groups.ts'
import { describeProducers, LIST_MAKERS, listGroups, listTransactions } from './commands/lists.ts'
import { LOGIN_MAKERS } from './commands/login.ts'
import { QUOTA_MAKERS } from './commands/quotas.ts'
import { initProducer, RECORD_MAKERS } from './commands/records.ts'
import { SHARE_MAKERS, shareSetUp } from './commands/shares.ts'
import { TOPIC_MAKERS } from './commands/topics.ts'
import { TRANSACTION_MAKERS } from './commands/transactions.ts'

/** What there is to ask, by noun. */
const NOUNS: readonly (readonly Maker[])[] = [
  RECORD_MAKERS,
  [...GROUP_MAKERS, listGroups],
  [...TRANSACTION_MAKERS, listTransactions, describeProducers],
  CONFIG_MAKERS,
  [...CONSUMER_MAKERS, listGroups],
  QUOTA_MAKERS,
  [...LIST_MAKERS, ...LOGIN_MAKERS, ...FEATURE_MAKERS],
  ACCESS_MAKERS,
]

/** Makes the commands of one sequence. Each is about one noun, beside the topics that all need: that gets deeper than a little of everything. */
export function sequence(dice: Dice, prefix: string, length: number): Command[] {
  const scene: Scene = {
    dice,
    prefix,
    topics: new Map(),
    deleted: false,
    isOld: dice.chance(0.5),
    illegal: dice.pick([0.02, 0.1, 0.25]),
  }
  const noun = dice.pick([...NOUNS, SHARE_MAKERS])
  // Share groups read one topic, which stays.
  const makers = noun === SHARE_MAKERS ? noun : [...TOPIC_MAKERS, ...noun]
  const commands = noun === SHARE_MAKERS ? shareSetUp(scene) : [TOPIC_MAKERS[0]!.make(scene)]
  if (noun === RECORD_MAKERS) for (let i = 0; i < 2; i++) commands.push(initProducer.make(scene))
  while (commands.length < length) commands.push(draw(dice, makers).make(scene))
  return commands
}

function draw(dice: Dice, makers: readonly Maker[]): Maker {
  let at = dice.unit() * makers.reduce((sum, { weight }) => sum + weight, 0)
  return makers.find(({ weight }) => (at -= weight) < 0) ?? makers[0]!
}

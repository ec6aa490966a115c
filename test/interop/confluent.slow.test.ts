import { suite, test } from 'node:test'
import { playPython } from './python.ts'
import { missingPython } from './script.ts'
import { targetOf } from './target.ts'

const { skip, target } = targetOf('kafka')

const SCENARIOS = {
  produce: 'produces idempotently in every compression and reads all of it in order',
  group_of_three: 'consumes in a group of three, which shares anew when one leaves',
  cooperative: 'hands over partitions one by one with the cooperative assignor',
  consumer_protocol: 'consumes in a group of three of the consumer protocol, which shares anew when one leaves',
  migrate: 'changes consumers of a group from the classic to the consumer protocol and back, one by one',
  codecs: 'reads back what topics with a codec of their own have packed anew, and finds offsets by time in it',
  compact: 'finds the last record of each key in a topic that was compacted, and cannot write without one',
  replay: 'resets the offsets of a group and replays from the start and from a timestamp',
}

suite('confluent-kafka (librdkafka)', { skip: skip || missingPython(), timeout: 120_000 }, () => {
  for (const [scenario, title] of Object.entries(SCENARIOS)) {
    test(title, () => playPython('confluent_scenarios.py', scenario, target()))
  }
})

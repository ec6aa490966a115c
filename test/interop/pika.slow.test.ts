import { suite, test } from 'node:test'
import { playPython } from './python.ts'
import { missingPython } from './script.ts'
import { targetOf } from './target.ts'

const { skip, target } = targetOf('amqp')

const SCENARIOS = {
  work: 'publishes with confirms and consumes with acknowledgements',
  requeue: 'gets back what it returned to the queue, marked as redelivered',
  expired: 'finds a message dead-lettered when its time was up',
  rejected: 'finds a message dead-lettered when it was rejected',
  topic: 'routes by topic',
  reply_to: 'asks and is answered through amq.rabbitmq.reply-to',
  mandatory: 'gets a mandatory message back that no queue takes',
  cancelled: 'is told when the queue it consumes from is deleted',
}

suite('pika', { skip: skip || missingPython(), timeout: 60_000 }, () => {
  for (const [scenario, title] of Object.entries(SCENARIOS)) {
    test(title, () => playPython('pika_scenarios.py', scenario, target()))
  }
})

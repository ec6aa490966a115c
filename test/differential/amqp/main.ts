import { Dice } from '../../../sim/random.ts'
import { Queue } from '../../../src/core/queue/queue.ts'
import { openTarget } from '../../amqp/broker-for-test.ts'
import { search } from '../search.ts'
import { Generator, namesFor } from './generate.ts'
import { countCommand } from './hits.ts'
import { explain, runBoth } from './run.ts'

/*
 * Compares ours with a real RabbitMQ:
 *
 *   node dist/test/differential/amqp/main.js --real HOST:PORT --sequences 1000
 */
await search({
  realPort: 5672,
  sequence: (seed, prefix, length) => new Generator(new Dice(seed), namesFor(prefix)).sequence(length),
  run: (commands, prefix, ours, real) => runBoth(commands, namesFor(prefix), ours, real),
  explain,
  count: countCommand,
  plant: forgetRedelivered,
  open: openTarget,
})

/** A message that comes again does not say so. */
function forgetRedelivered(): void {
  const { requeue } = Queue.prototype
  Queue.prototype.requeue = function (sequence) {
    const done = requeue.call(this, sequence)
    if (done) this.index.setFlags(sequence, this.index.flags(sequence) & ~8)
    return done
  }
}

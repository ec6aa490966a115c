import { BACKLOG_DRAIN, BACKLOG_FILL, type Case } from './cases.ts'
import { load } from './load.ts'
import type { Posthorn } from './posthorn.ts'
import { type Bench, caseWords } from './round.ts'
import { populate } from './shapes/kafka/many.ts'

/** One message in so many stays when the others are acknowledged. */
const STRIDE = 1000

/**
 * Kills ours with a backlog and starts it again, twice in a row; then acknowledges 99.9 % in random order and does the
 * same. In the end exactly the messages that were left must come, in order: the generator checks it.
 */
export async function recoveryRound(bench: Bench, start: () => Promise<Posthorn>): Promise<void> {
  const { options } = bench
  const running = await start()
  const crash = (name: string) => crashed(bench, running, name)
  try {
    await load(caseWords(BACKLOG_FILL, running, options))
    await crash('full')
    await crash('full-again')
    const settle: Case = {
      ...BACKLOG_FILL,
      verb: 'settle',
      words: `--name bench-waiting --size 1024 --stride ${STRIDE}`,
    }
    await load(caseWords(settle, running, options))
    await crash('sparse')
    await crash('sparse-again')
    const drain = { ...BACKLOG_DRAIN, words: `${BACKLOG_DRAIN.words} --stride ${STRIDE}` }
    await load(caseWords(drain, running, { ...options, backlog: Math.ceil(options.backlog / STRIDE) }))
  } finally {
    await running.stop()
  }
}

/** The same with many partitions and groups. */
export async function recoveryOfMany(bench: Bench, start: () => Promise<Posthorn>): Promise<void> {
  const running = await start()
  try {
    await populate(running)
    await crashed(bench, running, 'many')
    await crashed(bench, running, 'many-again')
  } finally {
    await running.stop()
  }
}

async function crashed({ figures }: Bench, running: Posthorn, name: string): Promise<void> {
  await running.kill()
  const ms = await running.restart()
  figures.add('ours', `recovery:${name}`, ms)
  console.log(`  ours recovery, ${name}: ${ms.toFixed(0)} ms`)
}

import type { Running } from '../../broker.ts'
import { FLUSH, generate } from '../generator.ts'
import type { Setting } from '../shape.ts'

/** Records of a request: 64 of 1 KiB, as a producer with `batch.size` or `linger.ms` sends them. */
const RECORDS = 64
const RECORD_BYTES = 1024

/**
 * Produce and fetch with records that go round 1, 6, 60 and 1,000 partitions, as keys spread them: a request holds the same number of
 * records, in as many batches as there are partitions, 64 at most. One consumer reads all partitions, each in every fetch.
 */
export async function partitions(running: Running, setting: Setting): Promise<Record<string, number>> {
  const figures: Record<string, number> = {}
  const run = async (count: number, name: string, more: string) => {
    const spread = Math.min(count, RECORDS)
    // One record more would not fit.
    const batch = Math.max(1, Math.floor(RECORDS / spread) * (RECORD_BYTES + 16))
    const words = `--size ${RECORD_BYTES} --batch ${batch} --queues ${count} --spread ${spread}${more}`
    const told = await generate(running, 'kafka', setting, words)
    figures[`${name}${count}`] = told.get('outMbPerSecond')!
    figures[`${name}${count}.cpuUs`] = told.get('brokerCpuUs') ?? 0
  }
  // All brokers compile what is hot while it runs: the first run is not counted.
  await run(6, 'mb', '')
  for (const count of [1, 6, 60, 1000]) {
    await run(count, 'mb', '')
    if (setting.peer) await run(count, 'flush', ` ${FLUSH}`)
  }
  return figures
}

import type { Broker } from '../broker.ts'
import type { Bench } from '../round.ts'
import type { Setting, Shape } from './shape.ts'

/** Topologies and loads of many shapes, each on a broker of its own. */
export async function shapesRound(bench: Bench, broker: Broker, shapes: readonly Shape[]): Promise<void> {
  const { quick, seconds, warmup } = bench.options
  const peer = !broker.side.startsWith('ours')
  const setting: Setting = { scale: quick ? 0.1 : 1, seconds, warmup, peer }
  for (const shape of shapes) {
    if (shape.oursOnly === true && peer) continue
    const running = await broker.start(shape.secured)
    try {
      const figures = await shape.run(running, setting)
      bench.figures.addRun(broker.side, shape.name, new Map(Object.entries(figures)))
      const told = Object.entries(figures).map(([name, value]) => `${name} ${Number(value.toPrecision(4))}`)
      console.log(`  ${broker.side} ${shape.name}: ${told.join(', ')}`)
    } catch (error) {
      console.error(`  ${broker.side} ${shape.name} FAILED: ${(error as Error).message}`)
      process.exitCode = 1
    } finally {
      await running.stop()
    }
  }
}

import type { Broker } from '../broker.ts'
import type { Bench } from '../round.ts'
import { SHAPES } from './shapes.ts'

/** Topologies and loads of many shapes, each on a broker of its own. */
export async function shapesRound(bench: Bench, broker: Broker): Promise<void> {
  const scale = bench.options.quick ? 0.1 : 1
  for (const shape of SHAPES) {
    if (shape.oursOnly === true && !broker.side.startsWith('ours')) continue
    const running = await broker.start()
    try {
      const figures = await shape.run(running, scale)
      bench.figures.addRun(broker.side, shape.name, new Map(Object.entries(figures)))
      const told = Object.entries(figures).map(([name, value]) => `${name} ${Math.round(value)}`)
      console.log(`  ${broker.side} ${shape.name}: ${told.join(', ')}`)
    } catch (error) {
      console.error(`  ${broker.side} ${shape.name} FAILED: ${(error as Error).message}`)
      process.exitCode = 1
    } finally {
      await running.stop()
    }
  }
}

import { closeSync, fdatasyncSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { cpus, release, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { pause } from './broker.ts'

/** Above this share of its processors taken by others, a machine is too busy to measure on. */
const BUSY = 0.1

/** What the figures were measured on, and whether others were using it. */
export async function describeMachine(dir: string | null): Promise<string> {
  const processors = cpus()
  const busy = await busyShare()
  const sync = syncMs(dir ?? tmpdir())
  const line =
    `${new Date().toISOString().slice(0, 10)}, ${processors.length} x ${processors[0]?.model.trim()}, ` +
    `${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}, Node ${process.version}; ` +
    `4 KiB written and synced in ${sync.toFixed(2)} ms (median); ${Math.round(busy * 100)} % busy before we began`
  return busy > BUSY ? `${line}\nOTHERS ARE USING THIS MACHINE: only ratios within a round mean something.` : line
}

/** The share of all processors' time that was not idle in one second. */
async function busyShare(): Promise<number> {
  const before = ticks()
  await pause(1)
  const after = ticks()
  return 1 - (after.idle - before.idle) / (after.all - before.all)
}

function ticks(): { readonly idle: number; readonly all: number } {
  const line = readFileSync('/proc/stat', 'latin1').split('\n', 1)[0]!
  const [user, nice, system, idle, wait, ...rest] = line.trim().split(/\s+/).slice(1, 9).map(Number) as number[]
  const waiting = idle! + wait!
  return { idle: waiting, all: user! + nice! + system! + waiting + rest.reduce((sum, one) => sum + one, 0) }
}

/** Milliseconds to append 4 KiB to a file and sync it: what a durable broker can't be faster than. */
function syncMs(dir: string): number {
  const path = join(dir, `posthorn-bench-sync-${process.pid}`)
  const file = openSync(path, 'w')
  const block = Buffer.alloc(4096, 1)
  const times: number[] = []
  for (let n = 0; n < 200; n++) {
    const began = performance.now()
    writeSync(file, block)
    fdatasyncSync(file)
    times.push(performance.now() - began)
  }
  closeSync(file)
  rmSync(path)
  return times.toSorted((a, b) => a - b)[100]!
}

import { fork } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deserialize } from 'node:v8'
import { SimClock } from '../clock.ts'
import { Failure } from '../failure.ts'
import { Dice } from '../random.ts'
import { drawSwarm, type Swarm } from '../swarm.ts'
import type { RecordedEvent } from './event.ts'
import { Load, type Promised } from './load.ts'
import { Recovered } from './recovered.ts'
import { Replay } from './replay.ts'

export interface ImagesResult {
  readonly counts: Map<string, number>
}

interface Recording {
  readonly events: RecordedEvent[]
  readonly counts: Record<string, number>
}

/** Records a real process until it has made so many promises, and recovers from so many crash images made of what it did. */
export async function checkImages(
  seed: number,
  images: number,
  promises: number,
  flips: boolean,
): Promise<ImagesResult> {
  const dice = new Dice(seed)
  const swarm: Swarm = {
    ...drawSwarm(new Dice(seed)),
    growth: 16 * 1024,
    publishers: 4,
    queues: 4,
    consumers: 3,
    producers: 2,
    readers: 1,
    members: 0,
    partitions: 3,
    largest: 400,
    // What is delayed is in no queue yet.
    longestDelay: 0,
    policies: false,
    streams: 0,
  }
  const { recording, load } = await record(dice, swarm, promises)
  const { events } = recording
  const cuts = Array.from({ length: images }, () => dice.below(events.length)).sort((a, b) => a - b)
  const replay = new Replay(new SimClock(dice), dice)
  const counts = new Map(Object.entries(recording.counts))
  counts.set('events recorded', events.length)
  counts.set('images', images)
  const made = new Promises(load.promises)
  let at = 0
  let kept = 0
  for (const cut of cuts) {
    while (at <= cut) replay.step(events[at++]!)
    const due = made.by(replay.sent)
    kept += due.length
    const recovered = new Recovered(replay.disk.image(dice), swarm)
    try {
      recovered.open()
      for (const { what } of due) recovered.expect(what)
      recovered.readAll(load)
      if (!flips) continue
      const damage = `bits flipped: ${recovered.damage(dice)}`
      counts.set(damage, (counts.get(damage) ?? 0) + 1)
    } catch (error) {
      throw new Failure(`seed ${seed}, cut after event ${at} of ${events.length}: ${(error as Error).stack}`)
    }
  }
  counts.set('promises checked', kept)
  const { writes: _, ...disk } = replay.disk.counts
  for (const name of ['torn', 'lost', 'lostNames'] as const) counts.set(`changes ${name}`, disk[name])
  return { counts }
}

/** Promises in the order in which they fall due on each connection. */
class Promises {
  private readonly byConnection = new Map<string, Promised[]>()

  constructor(all: readonly Promised[]) {
    for (const each of all) {
      const list = this.byConnection.get(each.wire.name)
      if (list === undefined) this.byConnection.set(each.wire.name, [each])
      else list.push(each)
    }
  }

  by(sent: ReadonlyMap<string, number>): Promised[] {
    const due: Promised[] = []
    for (const [name, list] of this.byConnection) {
      const bytes = sent.get(name) ?? 0
      for (const each of list) {
        if (each.offset > bytes) break
        due.push(each)
      }
    }
    return due
  }
}

async function record(dice: Dice, swarm: Swarm, promises: number): Promise<{ recording: Recording; load: Load }> {
  const root = mkdtempSync(join(tmpdir(), 'posthorn-images-'))
  try {
    const log = join(root, 'log')
    const [amqpPort, kafkaPort] = await freePorts()
    const server = join(import.meta.dirname, 'server.js')
    const args = [join(root, 'data'), log, String(amqpPort), String(kafkaPort), JSON.stringify(swarm)]
    const child = fork(server, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    const gone = new Promise<number | null>((resolve) => child.on('exit', resolve))
    try {
      await new Promise<void>((resolve, reject) => {
        child.once('message', () => resolve())
        child.once('exit', () => reject(new Failure('the recorded process did not start')))
      })
      const load = new Load(dice, swarm, amqpPort, kafkaPort)
      await load.run(promises)
      child.send('stop')
      const code = await gone
      load.stop()
      if (code !== 0) throw new Failure(`the recorded process ended with ${code}`)
      return { recording: deserialize(readFileSync(log)) as Recording, load }
    } finally {
      child.kill('SIGKILL')
    }
  } finally {
    rmSync(root, { recursive: true })
  }
}

async function freePorts(): Promise<[number, number]> {
  const servers = [createServer(), createServer()]
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve) => {
          server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port))
        }),
    ),
  )
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return [ports[0]!, ports[1]!]
}

import type { Broker } from '../src/broker/broker.ts'
import type { Env } from '../src/env/env.ts'
import { Arena } from '../src/std/arena.ts'
import { SimClock } from './clock.ts'
import { SimCompute } from './compute.ts'
import { PowerLoss, SimDisk } from './disk.ts'
import { Failure } from './failure.ts'
import { NetCounts, SimNet } from './net.ts'
import { Dice } from './random.ts'
import type { Swarm } from './swarm.ts'

/** A process under simulation, from its start to its death. */
export interface Process {
  /** The broker, for what is asked of it from inside. */
  readonly broker?: Broker
  /** Stops on a broken invariant; called now and then while nothing runs. */
  check(): void
  /** In the end, whether something still holds what it should have let go of; null if not. */
  held(): string | null
  /** Adds what this process did to the world's counts, before it dies and at the end. */
  count(): void
}

/** Starts the process over what is on the disk. Synchronous, as a real start is up to its listeners. */
export type Start = (world: World, env: Env, arena: Arena, onFatal: (error: Error) => void) => Process

/** Whoever acts in the simulation: a model client, a fault, a checker. */
export interface Actor {
  /** The world begins. */
  begin(): void
  /** No more faults and nothing new: everything has to drain. */
  drain(): void
  /** Whether this actor has nothing left to wait for. */
  done(): boolean
  /** Everything has drained. */
  end(): void
}

/** One simulation: everything in it comes from the seed. */
export class World {
  readonly dice: Dice
  readonly clock: SimClock
  readonly swarm: Swarm
  readonly netCounts = new NetCounts()
  readonly counts = new Map<string, number>()
  readonly actors: Actor[] = []
  disk: SimDisk
  net: SimNet
  process: Process | null = null
  /** Counts the process's lives: what was promised to be kept in memory only is for one life. */
  life = 0
  powerLosses = 0
  kills = 0
  /** Faults are over: everything has to drain. */
  draining = false
  /** Whether somebody wants the whole story. */
  telling = false
  private readonly start: Start
  private operationsLeft = Number.POSITIVE_INFINITY
  private fatal: Error | null = null
  private recent: string[] = []

  constructor(seed: number, swarm: Swarm, start: Start) {
    this.dice = new Dice(seed)
    this.swarm = swarm
    this.start = start
    this.clock = new SimClock(this.dice)
    this.disk = new SimDisk(this.clock, this.dice.fork(), { slowest: swarm.slowestDisk })
    this.net = this.makeNet(new Arena(1))
  }

  /** Runs `events` steps with faults, then lets everything drain. Throws `Failure` with what went wrong. */
  run(events: number): void {
    this.boot()
    for (const actor of this.actors) actor.begin()
    while (this.clock.steps < events) this.step()
    this.draining = true
    this.operationsLeft = Number.POSITIVE_INFINITY
    this.disk.capacity = Number.POSITIVE_INFINITY
    if (this.process === null) this.boot()
    for (const actor of this.actors) actor.drain()
    this.settle()
    for (const actor of this.actors) actor.end()
    this.process!.check()
    this.letGo()
    this.process!.count()
  }

  /** Once everything has drained nothing is held for long. */
  private letGo(): void {
    const limit = this.clock.time + 60_000
    for (;;) {
      const held = this.process!.held()
      if (held === null) return
      if (this.clock.time > limit) throw new Failure(`in the end ${held}`)
      for (let i = 0; i < 20; i++) this.step()
    }
  }

  /** A line for the story that a failure tells, of things that happen too often to be worth the time otherwise. */
  tell(line: () => string): void {
    if (this.telling) this.note(line())
  }

  /** A line for the story that a failure tells. */
  note(line: string): void {
    this.recent.push(`${this.clock.time.toFixed(3)} ${line}`)
    if (this.recent.length > 4000) this.recent = this.recent.slice(-2000)
  }

  /** The last lines noted. */
  story(lines: number): string[] {
    return this.recent.slice(-lines)
  }

  add(name: string, n = 1): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + n)
  }

  /** The process dies now: by power loss, or by a kill that leaves the page cache. It starts again in a while. */
  crash(power: boolean): void {
    if (this.process === null) return
    this.process.count()
    this.die(power)
    this.clock.after(this.dice.unit() * 50, () => this.boot())
  }

  private die(power: boolean): void {
    this.note(power ? 'power loss' : 'kill -9')
    if (power) this.powerLosses++
    else this.kills++
    this.process = null
    this.net.die()
    this.clock.process()
    this.disk = power ? this.disk.lose() : this.disk.kill()
    this.fatal = null
  }

  private boot(): void {
    for (;;) {
      if (this.process !== null) return
      this.planPowerLoss()
      const arena = new Arena(this.swarm.arena)
      this.net = this.makeNet(arena)
      this.disk.onOperation = (kind, path) => this.beforeOperation(kind, path)
      this.life++
      const life = this.life
      const compute = new SimCompute(
        this.clock,
        () => this.dice.unit() * this.swarm.slowestDisk,
        () => life === this.life && this.process !== null,
      )
      const env: Env = {
        clock: this.clock.process(),
        disk: this.disk,
        net: this.net,
        random: this.dice.fork(),
        compute,
      }
      this.note(`life ${life}`)
      try {
        this.process = this.start(this, env, arena, (error) => {
          if (life === this.life) this.fatal = error
        })
        this.add('recoveries', this.life > 1 ? 1 : 0)
        return
      } catch (error) {
        if (this.disk.dark) {
          // The power went in the middle of a start: the next one has to cope with that, too.
          this.add('crashes while starting')
          this.die(true)
        } else if (isFull(error)) {
          // Nobody can start without a little space. Whoever looks after the process tries again.
          this.add('starts refused by a full disk')
          this.die(false)
          this.clock.after(100, () => this.boot())
          return
        } else throw error
      }
    }
  }

  private step(): void {
    this.stepOnce()
    if (this.process !== null && this.dice.chance(this.swarm.checks)) this.process.check()
  }

  private stepOnce(): void {
    try {
      if (!this.clock.step() && !this.draining) this.clock.after(1, () => {})
    } catch (error) {
      if (!(error instanceof PowerLoss)) throw error
    }
    if (this.disk.dark) {
      this.crash(true)
      return
    }
    if (this.fatal === null) return
    if (!isFull(this.fatal)) throw new Failure(`the process stopped: ${this.fatal.stack}`)
    // The disk filled up between the look at it and the write: nothing was promised yet.
    this.add('stopped by a full disk')
    this.crash(false)
  }

  /** Runs until all actors are done; that has to happen in bounded time. */
  private settle(): void {
    const limit = this.clock.time + 600_000
    let steps = 0
    // Asking everybody is dear: now and then will do.
    while (steps % 200 !== 0 || !this.actors.every((actor) => actor.done())) {
      if (this.clock.time > limit || ++steps > 3_000_000) {
        const waiting = this.actors.filter((actor) => !actor.done())
        throw new Failure(`this did not drain: ${waiting.map((actor) => String(actor)).join('; ')}`)
      }
      if (this.clock.next() === Number.POSITIVE_INFINITY) {
        const waiting = this.actors.filter((actor) => !actor.done())
        throw new Failure(`nothing happens any more, but these wait: ${waiting.map(String).join('; ')}`)
      }
      this.step()
    }
  }

  private planPowerLoss(): void {
    const { crashEvery } = this.swarm
    this.operationsLeft =
      this.draining || crashEvery === 0 ? Number.POSITIVE_INFINITY : 1 + this.dice.below(crashEvery * 2)
  }

  /** Loses power at a random operation of the disk, which is where it hurts. */
  private beforeOperation(kind: string, path: string): string | undefined {
    if (kind === 'read' || kind === 'free') return undefined
    if (--this.operationsLeft > 0) return undefined
    this.operationsLeft = Number.POSITIVE_INFINITY
    this.disk.dark = true
    this.note(`the power goes before ${kind} ${path}`)
    return undefined
  }

  private makeNet(arena: Arena): SimNet {
    const { keep, region, stuffed, slowestNet } = this.swarm
    const options = { keep, region, stuffed, slowest: slowestNet }
    if (arena.bytes.length < keep + region)
      return new SimNet(this.clock, this.dice, new Arena(keep + region + 64), options)
    return new SimNet(this.clock, this.dice, arena, options, this.netCounts)
  }
}

function isFull(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ENOSPC' || code === 'full'
}

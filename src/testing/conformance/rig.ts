import type { ConnectOptions } from '../../engines/connect.ts'
import type { Bus } from '../../sdk/bus.ts'
import type { Features } from '../../sdk/engine.ts'

/** An engine that is to pass the suite. */
export interface EngineUnderTest {
  /** Names it in the reports. */
  readonly name: string
  /** What it says it can do: tests of what it can't are left out, and the report says so. */
  readonly features: Features
  /** Tests that are left out beside those, by their names, each with what the broker lacks. */
  readonly excluded?: Readonly<Record<string, string>>
  /** What all names begin with that tests make: for brokers that others use, too. */
  readonly prefix?: string
  /** Starts, or finds, a broker; called once. */
  open(): Promise<BrokerUnderTest>
}

/** A broker that tests share: each uses names of its own. */
export interface BrokerUnderTest {
  /**
   * Another bus over it; the suite closes it. Where `features.inbox` is false it has a store unless the test brings one: the same for all buses of a
   * broker (`MemoryStore` is one).
   */
  connect(options?: ConnectOptions): Promise<Bus>
  close(): Promise<void>
}

/** What a test works with. */
export interface Rig {
  readonly bus: Bus
  /** A name that no other test and no earlier run has. */
  name(of: string): string
  /** One more bus over the same broker, closed when the test is over. */
  connect(options?: ConnectOptions): Promise<Bus>
}

/** A sentence about what an engine does. */
export interface Case {
  readonly name: string
  /** What the engine must be able to do for it. */
  readonly requires?: readonly (keyof Features)[]
  readonly run: (rig: Rig) => Promise<void>
}

import { Broker } from '../src/broker/broker.ts'
import type { Fold } from '../src/store/fold.ts'
import type { Swarm } from './swarm.ts'

/** A bug planted into the broker while a simulation runs: one that is not found says that the simulator is blind. */
export interface Mutant {
  readonly name: string
  /** Where it shows best. */
  readonly swarm: Partial<Swarm>
  /** It takes many seeds: `npm run sim -- --mutants` hunts it, the tests do not. */
  readonly rare?: true
  /** Plants the bug. */
  plant(): void
}

/** Power losses and kills, often. */
export const CRASHES = { crashEvery: 100, kills: 0.2 }

export type Method = (this: never, ...args: never[]) => unknown

const planted: (() => void)[] = []

/** Takes all bugs out again. */
export function uproot(): void {
  for (const undo of planted.splice(0).reverse()) undo()
}

/** Puts another method, or getter, in the place of one; it gets the one that was there. */
export function replace(
  of: { prototype: object },
  name: string,
  make: (original: Method) => Method,
  getter = false,
): void {
  const { prototype } = of
  const before = Object.getOwnPropertyDescriptor(prototype, name)
  if (before === undefined) throw new Error(`there is no ${name} to plant a bug in`)
  if (getter) Object.defineProperty(prototype, name, { ...before, get: make(before.get as Method) as () => unknown })
  else Object.defineProperty(prototype, name, { ...before, value: make(before.value as Method) })
  planted.push(() => Object.defineProperty(prototype, name, before))
}

/** Puts something else in the place of what recovery does with a record; it gets what that was as `pass`. */
export function replaceFold(make: (broker: Broker, pass: Fold['record']) => Fold['record']): void {
  replace(
    Broker,
    'fold',
    (original) =>
      function (this: Broker) {
        const fold = Reflect.apply(original, this, []) as Fold
        return { ...fold, record: make(this, fold.record.bind(fold)) }
      },
  )
}

/** Recovery passes over some records, as if they had not been written. */
export function ignoreRecordsWhere(isIgnored: (type: number, record: Uint8Array) => boolean): void {
  replaceFold((_, pass) => (type, bytes, at, length, ...rest) => {
    if (!isIgnored(type, bytes.subarray(at, at + length))) pass(type, bytes, at, length, ...rest)
  })
}

/** Of one type all of them. */
export function ignoreRecords(ignored: number): void {
  ignoreRecordsWhere((type) => type === ignored)
}

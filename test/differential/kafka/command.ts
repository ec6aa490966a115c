import type { Dice } from '../../../sim/random.ts'
import type { Decoded, Encodable, Message } from '../../../src/wire/kafka/schema.ts'
import type { Seat, Side } from './side.ts'

/** One request, made for each side from what that side has made up. */
export interface Command {
  readonly seat: Seat
  readonly request: Message
  readonly response: Message
  readonly version: number
  /** For people, and for the hits: what is special about it. */
  readonly about: string
  readonly make: (side: Side) => Encodable<Message>
  /** Takes from the answer what later commands refer to. */
  readonly learn: (side: Side, answer: Decoded<Message>) => void
  /** It changes nothing: while the sides differ it may be asked again. */
  readonly asksAgain: boolean
  /** What follows makes no sense without it. */
  readonly isNeeded: boolean
  /** What of the answer is compared. */
  readonly view: (side: Side, answer: Decoded<Message>) => unknown
}

/** What a sequence may refer to. */
export interface Scene {
  readonly dice: Dice
  readonly prefix: string
  /** Names of topics that were created. */
  readonly topics: Map<string, number>
  /** Records were deleted: a real one may go on telling of their times until their files go. */
  deleted: boolean
  /** Producers write as those of before KIP-890 do: none does both. */
  readonly isOld: boolean
  /** How often something is asked that can't be had. */
  readonly illegal: number
}

/** A way to make commands: how often it is drawn beside others, and what it makes. */
export interface Maker {
  readonly weight: number
  make(scene: Scene): Command
}

const NOTHING = () => {}

/** Declares a command with the types of its messages. */
export function command<Q extends Message, R extends Message>(
  scene: Scene,
  about: { readonly request: Q; readonly response: R; readonly versions: readonly [number, number] },
  details: {
    readonly seat?: Seat
    readonly about?: string
    readonly asksAgain?: boolean
    readonly isNeeded?: boolean
    readonly version?: number
    make(side: Side, version: number): Encodable<Q>
    learn?(side: Side, answer: Decoded<R>, version: number): void
    view?(side: Side, answer: Decoded<R>): unknown
  },
): Command {
  const version = details.version ?? scene.dice.between(...about.versions)
  const { learn, view } = details
  return {
    seat: details.seat ?? 'main',
    request: about.request,
    response: about.response,
    version,
    about: details.about ?? '',
    make: (side) => details.make(side, version) as Encodable<Message>,
    learn: learn === undefined ? NOTHING : (side, answer) => learn(side, answer as Decoded<R>, version),
    asksAgain: details.asksAgain ?? false,
    isNeeded: details.isNeeded ?? false,
    view: view === undefined ? (_side, answer) => answer : (side, answer) => view(side, answer as Decoded<R>),
  }
}

export function describeCommand({ seat, request, version, about }: Command): string {
  return `${seat} ${request.name.replace('Request', '')} v${version} ${about}`
}

export function chance(scene: Scene): boolean {
  return scene.dice.chance(scene.illegal)
}

/** A topic that was created, or one that was not. */
export function someTopic(scene: Scene): string {
  const known = [...scene.topics.keys()]
  return known.length === 0 || chance(scene) ? `${scene.prefix}-none` : scene.dice.pick(known)
}

export function somePartition(scene: Scene, topic: string): number {
  return chance(scene) ? 99 : scene.dice.below(scene.topics.get(topic) ?? 1)
}

import type { SubjectFact } from '../../core/subject/fact.ts'
import { isRefused, REFUSALS, type RegistryRefusal } from '../../core/subject/refusals.ts'
import type { Broker } from '../broker.ts'
import { prepareSubject } from '../contract/compile.ts'
import { Part, Record } from '../records.ts'

/** Facts in one slice of the checkpoint, and bytes of schemas, near enough. */
const SLICE = 256
const SLICE_BYTES = 64 * 1024
/** Bytes of journal that a fact takes beside its text. */
const ROOM = 256

/** Teaches the broker to rebuild the registry. The checkpoint takes it in slices: a later fact about something replaces an earlier one. */
export function registerSubjects(broker: Broker): void {
  const { registry } = broker.subjects
  broker.applies.set(Record.subject, (bytes, at, length) =>
    registry.apply(JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset + at, length).toString()) as SubjectFact),
  )
  broker.parts.push({
    kind: Part.subjects,
    consistent: false,
    snapshot: () => snapshot(registry.facts()),
    load: (bytes) => {
      for (const fact of JSON.parse(Buffer.from(bytes).toString()) as SubjectFact[]) registry.apply(fact)
    },
  })
  broker.memory.holders.push(() => registry.bytes)
}

function* snapshot(facts: Iterable<SubjectFact>): Generator<Uint8Array> {
  let slice: SubjectFact[] = []
  let bytes = 0
  for (const fact of facts) {
    slice.push(fact)
    if (fact.kind === 'version') bytes += fact.content.schema.length
    if (slice.length < SLICE && bytes < SLICE_BYTES) continue
    yield Buffer.from(JSON.stringify(slice))
    slice = []
    bytes = 0
  }
  if (slice.length > 0) yield Buffer.from(JSON.stringify(slice))
}

/** What was decided: facts, and what to tell when they are on the disk. */
export interface Decision<T> {
  readonly facts: readonly SubjectFact[]
  readonly result: T
}

/**
 * Decides when there is room for what comes of it, applies it, and calls `done` when it is on the disk. Without room it waits and decides anew; what
 * only takes away may use the room that is kept for that.
 */
export function decideSubjects<T>(
  broker: Broker,
  decide: () => Decision<T> | RegistryRefusal,
  done: (outcome: T | RegistryRefusal) => void,
): void {
  const decision = decide()
  if (isRefused(decision)) {
    answer(broker, decision, done)
    return
  }
  const { facts, result } = decision
  const texts = facts.map((fact) => Buffer.from(JSON.stringify(fact)))
  const longest = Math.max(0, ...texts.map((text) => text.length))
  const most = broker.store.journal.longest - ROOM
  if (longest > most) {
    answer(broker, REFUSALS.tooLarge(longest, most), done)
    return
  }
  const room = texts.reduce((sum, text) => sum + text.length + ROOM, 0)
  const takesAway = facts.every((fact) => fact.kind === 'gone' || fact.kind === 'deleted' || isReset(fact))
  if (facts.length > 0 && !broker.hasRoomForDefinition(room, takesAway)) {
    broker.whenRoom(() => decideSubjects(broker, decide, done))
    return
  }
  facts.forEach((fact, i) => {
    broker.subjects.registry.apply(fact)
    const at = broker.store.journal.append(Record.subject, texts[i]!.length)
    broker.arena.bytes.set(texts[i]!, at)
  })
  if (facts.length > 0) broker.subjects.position = broker.store.journal.tail
  for (const fact of facts) if (fact.kind === 'version') prepareSubject(broker, fact.subject)
  broker.turn.touch()
  answer(broker, result, done)
}

function isReset(fact: SubjectFact): boolean {
  return (
    (fact.kind === 'subject-config' && fact.config === null) || (fact.kind === 'subject-mode' && fact.mode === null)
  )
}

/** No answer reveals what a power loss could take back. */
export function answer<T>(broker: Broker, outcome: T, done: (outcome: T) => void): void {
  broker.turn.hold(broker.subjects.position, { release: () => done(outcome) })
}

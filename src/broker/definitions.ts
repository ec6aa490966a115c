import type { Broker } from './broker.ts'
import type { Definition } from './definition.ts'
import { Part, Record } from './records.ts'

/** Definitions in one part of the checkpoint. */
const SLICE = 4096

/** Teaches the broker to rebuild definitions from the journal and the checkpoint. */
export function registerDefinitions(broker: Broker): void {
  broker.applies.set(Record.definition, (bytes, at, length) =>
    apply(broker, JSON.parse(Buffer.from(bytes.subarray(at, at + length)).toString())),
  )
  broker.parts.push({
    kind: Part.definitions,
    consistent: true,
    snapshot: () => snapshot(broker),
    load: (bytes) => {
      for (const definition of JSON.parse(Buffer.from(bytes).toString())) apply(broker, definition)
    },
  })
}

/** Writes a definition to the journal; the caller has applied it. Returns the position that a reply about it waits for. */
export function journalDefinition(broker: Broker, definition: Definition): number {
  const text = Buffer.from(JSON.stringify(definition))
  const at = broker.store.journal.append(Record.definition, text.length)
  broker.arena.bytes.set(text, at)
  broker.turn.touch()
  return broker.store.journal.tail
}

function apply(broker: Broker, definition: Definition): void {
  broker.lastId = Math.max(broker.lastId, definition.id)
  if (definition.kind === 'last-id') return
  const source = broker.definitions.find((one) => one.kinds.includes(definition.kind))
  if (source === undefined) throw new Error(`a definition of unknown kind '${definition.kind}'`)
  source.apply(definition)
}

function* snapshot(broker: Broker): Generator<Uint8Array> {
  let slice: Definition[] = [{ kind: 'last-id', id: broker.lastId }]
  for (const source of broker.definitions) {
    for (const definition of source.all()) {
      slice.push(definition)
      if (slice.length < SLICE) continue
      yield Buffer.from(JSON.stringify(slice))
      slice = []
    }
  }
  if (slice.length > 0) yield Buffer.from(JSON.stringify(slice))
}

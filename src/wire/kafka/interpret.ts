import { type Plan, planOf, readMethod, type Step, writeMethod } from './plan.ts'
import type { Reader } from './reader.ts'
import { defaultOf, type FieldType, isDefault, type Message } from './schema.ts'
import type { Writer } from './writer.ts'

/** How a message is read and written in one version. */
export interface Codec {
  read(reader: Reader): Record<string, unknown>
  write(writer: Writer, value: Record<string, unknown>): void
}

/** Reads and writes by walking the table: slow and plain. The oracle for the compiled codec, and its stand-in. */
export function interpreted(message: Message, version: number): Codec {
  const plan = planOf(message, version)
  return { read: (reader) => readStruct(reader, plan), write: (writer, value) => writeStruct(writer, plan, value) }
}

function readStruct(reader: Reader, plan: Plan): Record<string, unknown> {
  const value: Record<string, unknown> = {}
  for (const { name, field } of plan.missing) value[name] = defaultOf(field)
  for (const step of plan.steps) value[step.name] = readValue(reader, step)
  if (!plan.flexible) return value
  for (const step of plan.tagged) value[step.name] = defaultOf(step.field)
  for (let left = reader.uvarint(); left > 0; left--) {
    const tag = reader.uvarint()
    const size = reader.uvarint()
    const step = plan.tagged.find((step) => step.field.tag === tag)
    if (step === undefined) {
      reader.skip(size)
      continue
    }
    const end = reader.enter(size)
    value[step.name] = readValue(reader, step)
    reader.leave(end)
  }
  return value
}

function readValue(reader: Reader, step: Step): unknown {
  if (step.type === 'struct') {
    if (step.nullable && reader.int8() < 0) return null
    return readStruct(reader, step.inner!)
  }
  if (step.type !== 'array') return readPrimitive(reader, step.type, step.compact, step.nullable)
  const count = step.compact ? reader.compactCount(step.nullable) : reader.count(step.nullable)
  if (count < 0) return null
  const values: unknown[] = []
  for (let i = 0; i < count; i++) {
    values.push(
      step.inner === null ? readPrimitive(reader, step.element!, step.compact, false) : readStruct(reader, step.inner),
    )
  }
  return values
}

function readPrimitive(reader: Reader, type: FieldType, compact: boolean, nullable: boolean): unknown {
  return (reader[readMethod(type, compact, nullable)] as () => unknown).call(reader)
}

function writeStruct(writer: Writer, plan: Plan, value: Record<string, unknown>): void {
  for (const step of plan.steps) writeValue(writer, step, value[step.name])
  if (!plan.flexible) return
  const tagged = plan.tagged.filter((step) => !isDefault(step.field, value[step.name]))
  writer.uvarint(tagged.length)
  for (const step of tagged) writer.tagged(step.field.tag, () => writeValue(writer, step, value[step.name]))
}

function writeValue(writer: Writer, step: Step, given: unknown): void {
  const value = given === undefined ? defaultOf(step.field) : given
  if (step.type === 'struct') {
    if (step.nullable) writer.int8(value === null ? -1 : 1)
    if (value !== null) writeStruct(writer, step.inner!, value as Record<string, unknown>)
    return
  }
  if (step.type !== 'array') {
    writePrimitive(writer, step.type, step.compact, value)
    return
  }
  const values = value as unknown[] | null
  const count = values === null ? -1 : values.length
  if (step.compact) writer.compactCount(count)
  else writer.count(count)
  for (const element of values ?? []) {
    if (step.inner === null) writePrimitive(writer, step.element!, step.compact, element)
    else writeStruct(writer, step.inner, element as Record<string, unknown>)
  }
}

function writePrimitive(writer: Writer, type: FieldType, compact: boolean, value: unknown): void {
  ;(writer[writeMethod(type, compact)] as (value: unknown) => void).call(writer, value)
}

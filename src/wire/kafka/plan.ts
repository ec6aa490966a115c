import type { Reader } from './reader.ts'
import { type Field, type Fields, type FieldType, type Message, within } from './schema.ts'
import type { Writer } from './writer.ts'

/** One field as a given version has it: what both codecs, the compiled and the interpreted, work from. */
export interface Step {
  readonly name: string
  readonly field: Field
  readonly type: FieldType
  readonly element: FieldType | null
  readonly nullable: boolean
  readonly compact: boolean
  /** The fields of the struct, or of the array's structs. */
  readonly inner: Plan | null
}

export interface Plan {
  /** Fields in the order of the wire, tagged ones left out. */
  readonly steps: readonly Step[]
  /** Tagged fields, in rising order of the tag. */
  readonly tagged: readonly Step[]
  /** Fields that this version lacks. */
  readonly missing: readonly { name: string; field: Field }[]
  /** Whether a section of tagged fields ends each struct. */
  readonly flexible: boolean
}

/** What a message looks like in one version. */
export function planOf(message: Message, version: number): Plan {
  return plan(message.fields, version, within(message.flexible, version))
}

function plan(fields: Fields, version: number, flexible: boolean): Plan {
  const steps: Step[] = []
  const tagged: Step[] = []
  const missing: { name: string; field: Field }[] = []
  for (const name in fields) {
    const field = fields[name]!
    if (!within(field.versions, version)) {
      missing.push({ name, field })
      continue
    }
    const step: Step = {
      name,
      field,
      type: field.type,
      element: field.element,
      nullable: within(field.nullable, version),
      compact: flexible && !field.rigid,
      inner: field.fields === null ? null : plan(field.fields, version, flexible),
    }
    if (within(field.tagged, version)) tagged.push(step)
    else steps.push(step)
  }
  tagged.sort((a, b) => a.field.tag - b.field.tag)
  return { steps, tagged, missing, flexible }
}

/** The method of Reader for a primitive type. */
export function readMethod(type: FieldType, compact: boolean, nullable: boolean): keyof Reader {
  const orNull = nullable ? 'OrNull' : ''
  if (type === 'string') return compact ? `compactString${orNull}` : `string${orNull}`
  if (type === 'records') return compact ? `compactRecords${orNull}` : `records${orNull}`
  if (type === 'bytes') return compact ? `compactBytes${orNull}` : nullable ? 'bytesOrNull' : 'bytesField'
  return type as keyof Reader
}

/** The method of Writer for a primitive type. */
export function writeMethod(type: FieldType, compact: boolean): keyof Writer {
  if (type === 'string') return compact ? 'compactString' : 'string'
  if (type === 'records') return compact ? 'compactRecords' : 'records'
  if (type === 'bytes') return compact ? 'compactBytes' : 'bytesField'
  return type as keyof Writer
}

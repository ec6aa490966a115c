import { Findings } from '../findings.ts'
import type { Incompatibility, Sides } from '../incompatibility.ts'
import { step } from '../json-text.ts'
import {
  type AvroEnum,
  type AvroField,
  type AvroFixed,
  type AvroNamed,
  type AvroRecord,
  type AvroType,
  type AvroUnion,
  type LogicalType,
  typeName,
} from './type.ts'

/** The writer's types that each of the reader's takes beside its own ("Schema Resolution": promotions). */
const PROMOTES: Readonly<Record<string, readonly string[]>> = {
  long: ['int'],
  float: ['int', 'long'],
  double: ['int', 'long', 'float'],
  string: ['bytes'],
  bytes: ['string'],
}

/** What keeps a reader with one schema from reading what was written with another, by the specification's "Schema Resolution". */
export function compareAvro(reader: AvroType, writer: AvroType, sides: Sides): Incompatibility[] {
  const findings = new Findings()
  return findings.of(() => new Comparison(findings, sides).compare(reader, writer, ''))
}

class Comparison {
  private readonly findings: Findings
  private readonly sides: Sides

  constructor(findings: Findings, sides: Sides) {
    this.findings = findings
    this.sides = sides
  }

  /** Notes what is wrong, and returns whether anything is. */
  compare(reader: AvroType, writer: AvroType, path: string): boolean {
    return this.findings.within(() => this.match(reader, writer, path))
  }

  private match(reader: AvroType, writer: AvroType, path: string): boolean {
    if (writer.kind === 'union') return this.eachBranch(reader, writer, path)
    if (reader.kind === 'union') return this.anyBranch(reader, writer, path)
    if (reader.kind !== writer.kind) {
      if (PROMOTES[reader.kind]?.includes(writer.kind)) return this.sameLogical(reader, writer, path)
      return this.typeMismatch(reader, writer, path)
    }
    switch (reader.kind) {
      case 'array':
        return this.compare(reader.items, (writer as typeof reader).items, `${path}/items`)
      case 'map':
        return this.compare(reader.values, (writer as typeof reader).values, `${path}/values`)
      case 'record':
        return this.findings.once(reader, writer, () => this.records(reader, writer as AvroRecord, path))
      case 'enum':
        return this.enums(reader, writer as AvroEnum, path)
      case 'fixed':
        return this.fixeds(reader, writer as AvroFixed, path)
      default:
        return this.sameLogical(reader, writer, path)
    }
  }

  /** The writer's is a union: each of its branches may have been written. */
  private eachBranch(reader: AvroType, writer: AvroUnion, path: string): boolean {
    let bad = false
    for (const [index, branch] of writer.branches.entries()) {
      if (reader.kind !== 'union') {
        if (this.compare(reader, branch, path + step(index))) bad = true
      } else if (!this.fitsAny(reader, branch)) {
        bad = this.missingBranch(branch, path + step(index))
      }
    }
    return bad
  }

  private anyBranch(reader: AvroUnion, writer: AvroType, path: string): boolean {
    if (this.fitsAny(reader, writer)) return false
    return this.missingBranch(writer, path)
  }

  /** The reader's is a union: one of its branches has to take what was written. */
  private fitsAny(reader: AvroUnion, writer: AvroType): boolean {
    return reader.branches.some((branch) => !this.findings.silently(() => this.compare(branch, writer, '')))
  }

  private missingBranch(writer: AvroType, path: string): true {
    return this.findings.note({
      kind: 'MISSING_UNION_BRANCH',
      path,
      message: `The ${this.sides.reader} schema is missing a type inside a union field at path '${path}' in the ${this.sides.writer} schema`,
      subject: `reader union lacking writer type: ${writer.kind.toUpperCase()}`,
      advice: `Add ${typeName(writer)} to the union of the ${this.sides.reader} schema.`,
    })
  }

  private records(reader: AvroRecord, writer: AvroRecord, path: string): boolean {
    let bad = this.names(reader, writer, path)
    const fields = new Map(writer.fields.map((field) => [field.name, field]))
    for (const [index, field] of reader.fields.entries()) {
      const at = `${path}/fields${step(index)}`
      // That of its name, else the first that is one of its aliases.
      const name = [field.name, ...field.aliases].find((name) => fields.has(name))
      const written = name === undefined ? undefined : fields.get(name)
      if (written !== undefined) {
        if (this.compare(field.type, written.type, `${at}/type`)) bad = true
      } else if (field.default === undefined) {
        bad = this.missingDefault(field, at)
      }
    }
    return bad
  }

  /** A field that only the reader has stands on its default. */
  private missingDefault(field: AvroField, path: string): true {
    const { reader, writer } = this.sides
    return this.findings.note({
      kind: 'READER_FIELD_MISSING_DEFAULT_VALUE',
      path,
      message: `The field '${field.name}' at path '${path}' in the ${reader} schema has no default value and is missing in the ${writer} schema`,
      subject: field.name,
      advice:
        reader === 'old'
          ? `Keep the field '${field.name}' in the new schema: readers of the old one have no default for it.`
          : `Give the field '${field.name}' a default, e.g. type ["null", …] with "default": null; or, if it was renamed, its former name in "aliases".`,
    })
  }

  private enums(reader: AvroEnum, writer: AvroEnum, path: string): boolean {
    const bad = this.names(reader, writer, path)
    const known = new Set(reader.symbols)
    const missing = writer.symbols.filter((symbol) => !known.has(symbol))
    // The default stands for every symbol that the reader does not know.
    if (missing.length === 0 || reader.default !== null) return bad
    const list = `[${missing.join(', ')}]`
    return this.findings.note({
      kind: 'MISSING_ENUM_SYMBOLS',
      path: `${path}/symbols`,
      message: `The ${this.sides.reader} schema is missing enum symbols '${list}' at path '${path}/symbols' in the ${this.sides.writer} schema`,
      subject: list,
      advice:
        this.sides.reader === 'old'
          ? `Do not write new symbols before every reader knows them; a "default" in the enum ${reader.full}, added one version before, takes what a reader does not know.`
          : `Keep ${list} in the enum ${reader.full}, or give the enum a "default".`,
    })
  }

  private fixeds(reader: AvroFixed, writer: AvroFixed, path: string): boolean {
    let bad = this.names(reader, writer, path)
    if (reader.size !== writer.size) {
      bad = this.findings.note({
        kind: 'FIXED_SIZE_MISMATCH',
        path: `${path}/size`,
        message: `The size of FIXED type field at path '${path}/size' in the ${this.sides.reader} schema does not match with the ${this.sides.writer} schema`,
        subject: `expected: ${writer.size}, found: ${reader.size}`,
        advice: `A fixed keeps its size: leave ${reader.full} at ${writer.size} bytes, or add a new field of another type with a default.`,
      })
    }
    return this.sameLogical(reader, writer, path) || bad
  }

  /** Records, enums and fixeds match by their unqualified name; an alias of the reader's names the writer's in full. */
  private names(reader: AvroNamed, writer: AvroNamed, path: string): boolean {
    if (reader.name === writer.name || reader.aliases.includes(writer.full)) return false
    return this.findings.note({
      kind: 'NAME_MISMATCH',
      path: `${path}/name`,
      message: `The name of the schema has changed (path '${path}/name')`,
      subject: `expected: ${writer.full}`,
      advice: `Keep the name ${writer.name}, or put "${writer.full}" into the "aliases" of ${reader.full}.`,
    })
  }

  /** Decimals match if scale and precision do ("Decimal" in the specification). Other logical types change no byte. */
  private sameLogical(reader: AvroType, writer: AvroType, path: string): boolean {
    const one = logicalOf(reader)
    const other = logicalOf(writer)
    if (one?.name !== 'decimal' || other?.name !== 'decimal') return false
    if (one.precision === other.precision && one.scale === other.scale) return false
    return this.findings.note({
      kind: 'TYPE_MISMATCH',
      path,
      message: this.typeText(path),
      subject: `reader decimal(${one.precision}, ${one.scale}) not compatible with writer decimal(${other.precision}, ${other.scale})`,
      advice: `Keep precision ${other.precision} and scale ${other.scale}: the bytes do not say them. For another scale add a new field with a default.`,
    })
  }

  private typeMismatch(reader: AvroType, writer: AvroType, path: string): boolean {
    return this.findings.note({
      kind: 'TYPE_MISMATCH',
      path,
      message: this.typeText(path),
      subject: `reader type: ${reader.kind.toUpperCase()} not compatible with writer type: ${writer.kind.toUpperCase()}`,
      advice: widening(reader, writer, this.sides),
    })
  }

  private typeText(path: string): string {
    return `The type (path '${path}') of a field in the ${this.sides.reader} schema does not match with the ${this.sides.writer} schema`
  }
}

function logicalOf(type: AvroType): LogicalType | null {
  return 'logical' in type ? type.logical : null
}

function widening(reader: AvroType, writer: AvroType, sides: Sides): string {
  const wider = Object.keys(PROMOTES).filter((kind) => PROMOTES[kind].includes(writer.kind))
  const or = wider.length > 0 ? `, which readers also take as ${wider.join(', ')}` : ''
  if (sides.reader === 'old') return `Go on writing ${typeName(reader)}; for another type add a new field.`
  return `Read it as ${typeName(writer)}${or}; a union of both types takes what was written before and after.`
}

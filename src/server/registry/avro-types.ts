import { comment, listOf, type Other, propertyName, TypeNames, union } from './type-names.ts'

type Fields = Readonly<Record<string, unknown>>

const PRIMITIVES: Readonly<Record<string, string>> = {
  null: 'null',
  boolean: 'boolean',
  int: 'number',
  long: 'number',
  float: 'number',
  double: 'number',
  bytes: 'Uint8Array',
  string: 'string',
}

/** The types of an Avro schema, records as interfaces. The schema itself comes last, as `default` says. */
export function avroTypes(schema: unknown, others: readonly Other[]): string {
  const writer = new AvroWriter()
  for (const other of others) writer.type(other.schema, '')
  const root = writer.type(schema, '')
  const named = typeof schema === 'object' && schema !== null && !Array.isArray(schema) && 'name' in schema
  return `${writer.declarations.join('\n')}${named ? '' : `export type Schema = ${root}\n`}`
}

class AvroWriter {
  readonly declarations: string[] = []
  private readonly names = new TypeNames()

  type(schema: unknown, namespace: string): string {
    if (Array.isArray(schema)) return union(schema.map((one) => this.type(one, namespace)))
    if (typeof schema === 'string') return PRIMITIVES[schema] ?? this.nameOf(full(schema, namespace))
    const fields = schema as Fields
    if (fields.type === 'array') return listOf(this.type(fields.items, namespace))
    if (fields.type === 'map') return `Record<string, ${this.type(fields.values, namespace)}>`
    if (fields.type === 'record' || fields.type === 'error') return this.record(fields, namespace)
    if (fields.type === 'enum') return this.enumeration(fields, namespace)
    if (fields.type === 'fixed') return this.declare(fields, namespace, (name) => `export type ${name} = Uint8Array\n`)
    return this.type(fields.type, namespace)
  }

  private record(fields: Fields, namespace: string): string {
    const within = namespaceOf(fields, namespace)
    return this.declare(fields, namespace, (name) => {
      const lines = (fields.fields as Fields[]).map((field) => {
        return `${comment(field.doc, '  ')}  ${propertyName(String(field.name))}: ${this.type(field.type, within)}\n`
      })
      return `export interface ${name} {\n${lines.join('')}}\n`
    })
  }

  private enumeration(fields: Fields, namespace: string): string {
    const symbols = union((fields.symbols as string[]).map((symbol) => JSON.stringify(symbol)))
    return this.declare(fields, namespace, (name) => `export type ${name} = ${symbols}\n`)
  }

  /** A declaration's place is taken before what it is made of is looked at, which may lead back to it. */
  private declare(fields: Fields, namespace: string, write: (name: string) => string): string {
    const name = this.nameOf(full(String(fields.name), namespaceOf(fields, namespace)))
    const at = this.declarations.push('') - 1
    this.declarations[at] = comment(fields.doc, '') + write(name)
    return name
  }

  private nameOf(fullName: string): string {
    return this.names.of(fullName, fullName.slice(fullName.lastIndexOf('.') + 1))
  }
}

function namespaceOf(fields: Fields, namespace: string): string {
  const name = String(fields.name)
  if (name.includes('.')) return name.slice(0, name.lastIndexOf('.'))
  return typeof fields.namespace === 'string' ? fields.namespace : namespace
}

function full(name: string, namespace: string): string {
  return name.includes('.') || namespace === '' ? name : `${namespace}.${name}`
}

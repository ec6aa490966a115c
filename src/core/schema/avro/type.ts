import type { Json, JsonObject } from '../json-text.ts'

/** Avro's types as the specification has them, every name resolved. A type that contains itself is a cycle of objects. */
export type AvroType = AvroPrimitive | AvroRecord | AvroEnum | AvroFixed | AvroArray | AvroMap | AvroUnion
export type AvroNamed = AvroRecord | AvroEnum | AvroFixed

export const PRIMITIVES = ['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'] as const
export type PrimitiveName = (typeof PRIMITIVES)[number]

export interface AvroPrimitive {
  readonly kind: PrimitiveName
  readonly logical: LogicalType | null
  /** Attributes that the specification does not name, as they were written. */
  readonly props: JsonObject
}

export interface AvroRecord extends Named {
  readonly kind: 'record'
  readonly error: boolean
  readonly fields: readonly AvroField[]
}

export interface AvroField {
  readonly name: string
  readonly type: AvroType
  readonly doc: string | null
  /** Undefined without one. */
  readonly default: Json | undefined
  readonly order: 'ascending' | 'descending' | 'ignore'
  readonly aliases: readonly string[]
  readonly props: JsonObject
}

export interface AvroEnum extends Named {
  readonly kind: 'enum'
  readonly symbols: readonly string[]
  readonly default: string | null
}

export interface AvroFixed extends Named {
  readonly kind: 'fixed'
  readonly size: number
  readonly logical: LogicalType | null
}

export interface AvroArray {
  readonly kind: 'array'
  readonly items: AvroType
  readonly props: JsonObject
}

export interface AvroMap {
  readonly kind: 'map'
  readonly values: AvroType
  readonly props: JsonObject
}

export interface AvroUnion {
  readonly kind: 'union'
  readonly branches: readonly AvroType[]
}

interface Named {
  /** Without its namespace. */
  readonly name: string
  /** Empty for the null namespace. */
  readonly namespace: string
  /** Name and namespace. */
  readonly full: string
  readonly doc: string | null
  /** Full names. */
  readonly aliases: readonly string[]
  readonly props: JsonObject
}

export interface LogicalType {
  readonly name: string
  /** Zero unless it is a decimal. */
  readonly precision: number
  readonly scale: number
}

export function isNamed(type: AvroType): type is AvroNamed {
  return type.kind === 'record' || type.kind === 'enum' || type.kind === 'fixed'
}

/** The type's name for people and in a union's default: a full name, or the kind. */
export function typeName(type: AvroType): string {
  return isNamed(type) ? type.full : type.kind
}

/** An Avro schema, as JSON has it. */
export type AvroSchema = string | readonly AvroSchema[] | { readonly type: unknown; readonly [key: string]: unknown }

/** The values that an Avro schema describes, as far as types can say it; what names another type by its name is unknown. */
export type FromAvro<S> = S extends readonly (infer One)[]
  ? Union<One>
  : S extends { readonly logicalType: infer Logical; readonly type: infer Type }
    ? OfLogical<Logical, Type>
    : S extends { readonly type: 'record'; readonly fields: infer Fields extends readonly unknown[] }
      ? RecordOf<Fields>
      : S extends { readonly type: 'enum'; readonly symbols: readonly (infer Symbol)[] }
        ? Symbol
        : S extends { readonly type: 'array'; readonly items: infer Item }
          ? FromAvro<Item>[]
          : S extends { readonly type: 'map'; readonly values: infer Value }
            ? { [key: string]: FromAvro<Value> }
            : S extends { readonly type: 'fixed' }
              ? Uint8Array
              : S extends { readonly type: infer Type }
                ? FromAvro<Type>
                : OfName<S>

type Union<One> = One extends unknown ? FromAvro<One> : never

type OfName<Name> = Name extends 'null'
  ? null
  : Name extends 'boolean'
    ? boolean
    : Name extends 'int' | 'long' | 'float' | 'double'
      ? number
      : Name extends 'bytes'
        ? Uint8Array
        : Name extends 'string'
          ? string
          : unknown

type OfLogical<Logical, Type> = Logical extends 'date' | `timestamp-${string}` | `local-timestamp-${string}`
  ? Date
  : Logical extends 'decimal'
    ? string
    : FromAvro<Type>

type RecordOf<Fields extends readonly unknown[]> = Flat<
  {
    -readonly [At in Fields[number] as HasDefault<At> extends true ? never : NameOf<At>]: TypeOf<At>
  } & {
    -readonly [At in Fields[number] as HasDefault<At> extends true ? NameOf<At> : never]?: TypeOf<At>
  }
>

type NameOf<Field> = Field extends { readonly name: infer Name extends string } ? Name : never
type TypeOf<Field> = Field extends { readonly type: infer Type } ? FromAvro<Type> : never
type HasDefault<Field> = Field extends { readonly default: unknown } ? true : false

type Flat<T> = { [Key in keyof T]: T[Key] }

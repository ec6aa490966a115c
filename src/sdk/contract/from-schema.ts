/** A JSON Schema, draft 7 or 2020-12, as an object. */
export type JsonSchema = boolean | Keywords

/** Something with any of these is a schema; whether it is one, and what else is in it, is found out when it is compiled. */
interface Keywords {
  readonly $schema?: unknown
  readonly $ref?: unknown
  readonly $defs?: unknown
  readonly type?: unknown
  readonly properties?: unknown
  readonly items?: unknown
  readonly enum?: unknown
  readonly const?: unknown
  readonly anyOf?: unknown
  readonly oneOf?: unknown
  readonly allOf?: unknown
  readonly not?: unknown
  readonly if?: unknown
}

/** The values that a JSON Schema describes, as far as types can say it. Write the schema `as const`, or let `queue` infer it. */
export type FromSchema<S> = S extends true
  ? unknown
  : S extends false
    ? never
    : S extends { readonly const: infer Value }
      ? Value
      : S extends { readonly enum: readonly (infer Value)[] }
        ? Value
        : S extends { readonly anyOf: readonly (infer One)[] }
          ? Distribute<One>
          : S extends { readonly oneOf: readonly (infer One)[] }
            ? Distribute<One>
            : S extends { readonly allOf: infer All extends readonly unknown[] }
              ? Both<All>
              : S extends { readonly type: infer Type }
                ? OfType<S, Type extends readonly (infer One)[] ? One : Type>
                : S extends { readonly properties: object }
                  ? ObjectOf<S>
                  : unknown

type Distribute<S> = S extends unknown ? FromSchema<S> : never

type Both<All> = All extends readonly [infer First, ...infer Rest] ? FromSchema<First> & Both<Rest> : unknown

type OfType<S, Type> = Type extends 'string'
  ? string
  : Type extends 'number' | 'integer'
    ? number
    : Type extends 'boolean'
      ? boolean
      : Type extends 'null'
        ? null
        : Type extends 'array'
          ? ArrayOf<S>
          : Type extends 'object'
            ? ObjectOf<S>
            : unknown

type ArrayOf<S> = S extends { readonly prefixItems: infer Items extends readonly unknown[] }
  ? [...{ [At in keyof Items]: FromSchema<Items[At]> }, ...unknown[]]
  : S extends { readonly items: infer Item }
    ? FromSchema<Item>[]
    : unknown[]

type ObjectOf<S> = S extends { readonly properties: infer P extends object }
  ? Flat<
      { -readonly [Name in keyof P as Name extends Required<S> ? Name : never]: FromSchema<P[Name]> } & {
        -readonly [Name in keyof P as Name extends Required<S> ? never : Name]?: FromSchema<P[Name]>
      }
    >
  : S extends { readonly additionalProperties: infer Value extends object }
    ? { [name: string]: FromSchema<Value> }
    : { [name: string]: unknown }

type Required<S> = S extends { readonly required: readonly (infer Name)[] } ? Name : never

type Flat<T> = { [Key in keyof T]: T[Key] }

/** A durable fact about what exists, as JSON. */
export interface Definition {
  readonly kind: string
  /** Never used twice: by it a fact is known that was applied before. */
  readonly id: number
}

/** One noun's definitions. */
export interface DefinitionSource {
  /** The kinds that `apply` takes. */
  readonly kinds: readonly string[]
  /** At recovery. Applying twice is applying once. */
  apply(definition: Definition): void
  /** Everything durable that is there. */
  all(): Iterable<Definition>
}

/** A schema as a registry has it. */
export interface RegisteredSchema {
  readonly id: number
  /** The schema's text. */
  readonly schema: string
  readonly type: 'AVRO' | 'JSON'
}

/** Where schemas are kept that producers and consumers agree on. */
export interface SchemaRegistry {
  /**
   * The id of a schema under a subject, which it is given if it is not there yet.
   *
   * @throws PosthornError `CONTRACT_INCOMPATIBLE`, with the differences in words, if the subject's compatibility forbids it
   */
  register(subject: string, schema: object, type: 'AVRO' | 'JSON'): Promise<number>
  /** @throws PosthornError `NOT_FOUND` */
  byId(id: number): Promise<RegisteredSchema>
}

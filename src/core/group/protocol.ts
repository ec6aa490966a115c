/** One way of assigning that a member of the classic protocol can do, with what it wants to tell the leader about itself. */
export interface Protocol {
  readonly name: string
  /** Kept as it is: not a view of memory that is used again. */
  readonly metadata: Uint8Array
}

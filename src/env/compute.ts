/** Work that would hold up the loop: done in a thread of its own, one task after the other, in the order they come. */
export interface Compute {
  /**
   * What is in the task is copied, but for the memory that is handed over: nobody may look at that again. `done` is called once, never before this
   * has returned.
   */
  run(task: unknown, done: (error: Error | null, result: unknown) => void, handedOver?: readonly ArrayBuffer[]): void
}

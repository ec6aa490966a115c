/** The names that one sequence uses: nobody else has them. */
export interface Names {
  readonly prefix: string
  readonly queues: readonly string[]
  readonly exchanges: readonly string[]
  readonly policies: readonly string[]
}

export function namesFor(prefix: string): Names {
  return {
    prefix,
    queues: [0, 1, 2, 3].map((n) => `${prefix}-q${n}`),
    exchanges: [0, 1, 2].map((n) => `${prefix}-x${n}`),
    policies: [0, 1].map((n) => `${prefix}-p${n}`),
  }
}

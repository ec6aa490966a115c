/** What becomes of a message that breaks a contract: it is told and taken, or it is refused. */
export const CONTRACT_LEVELS = ['off', 'warn', 'reject'] as const
export type ContractLevel = (typeof CONTRACT_LEVELS)[number]

/**
 * What a contract looks at: `id`, that data begin with the id of a schema of the subject; `id-and-body`, that what follows is data of that
 * schema, too; `body`, that all of it is data of the subject's schema.
 */
export const CONTRACT_CHECKS = ['id', 'id-and-body', 'body'] as const
export type ContractCheck = (typeof CONTRACT_CHECKS)[number]

/** What happens to what is refused of a publisher who does not ask for confirms. */
export const CONTRACT_REFUSED = ['dead-letter', 'drop'] as const

/** What the messages of a queue, or through an exchange, have to be. */
export interface MessageContract {
  readonly subject: string
  /** 0: the newest. */
  readonly version: number
  readonly by: ContractCheck
  /** Else it only warns. */
  readonly refuses: boolean
  /** What is refused goes to the dead-letter exchange, where there is one, if its publisher does not ask for confirms. */
  readonly buries: boolean
}

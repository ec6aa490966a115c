import type { RE2JS } from 're2js'
import { STATE_NAMES, type Transaction } from '../../core/transaction/transaction.ts'
import { re2 } from '../../std/re2.ts'
import { ErrorCode } from '../../wire/kafka/errors.ts'
import { ListTransactionsRequest, ListTransactionsResponse } from '../../wire/kafka/messages/list-transactions.ts'
import { api } from '../api.ts'

/*
 * ListTransactions, 0 to 2: transactional ids, of these producers, in these states, open for longer than a duration (version 1 on), and
 * named as a regular expression says (2).
 */
export const listTransactions = api(
  ListTransactionsRequest,
  ListTransactionsResponse,
  { from: 0, to: 2 },
  (request, call) => {
    const { transactions, broker } = call.front
    const { durationFilter, transactionalIdPattern: text } = request
    const pattern = patternOf(text)
    if (pattern === 'wrong') {
      call.reply({ errorCode: ErrorCode.INVALID_REGULAR_EXPRESSION }, 0)
      return
    }
    const states = new Set(request.stateFilters)
    const ids = new Set(request.producerIdFilters)
    const now = broker.env.clock.now()
    const isWanted = ({ id, image }: Transaction) =>
      (ids.size === 0 || ids.has(image.producerId)) &&
      (states.size === 0 || states.has(image.state)) &&
      (durationFilter < 0 || now - image.startedAt > durationFilter) &&
      (pattern === null || pattern.matches(id))
    let position = transactions.forgottenAt
    const transactionStates = []
    for (const transaction of transactions.byId.values()) {
      position = Math.max(position, transaction.changedAt)
      if (!isWanted(transaction)) continue
      const { producerId, state: transactionState } = transaction.image
      transactionStates.push({ transactionalId: transaction.id, producerId, transactionState })
    }
    const unknownStateFilters = [...states].filter((name) => !STATE_NAMES.includes(name))
    call.reply({ unknownStateFilters, transactionStates }, position)
  },
)

/** Kafka matches the whole id; an empty expression is none. */
function patternOf(text: string | null): RE2JS | null | 'wrong' {
  if (text === null || text === '') return null
  try {
    return re2().RE2JS.compile(text)
  } catch {
    return 'wrong'
  }
}

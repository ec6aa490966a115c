import type { Admitted } from '../core/partition/admit.ts'

/** Records that a topic does not take. */
export type Rejected = Exclude<Admitted, { readonly fault: null }>

interface RecordError {
  readonly batchIndex: number
  readonly batchIndexErrorMessage: string
}

/** What a producer is told of each record at fault, from version 8 on. */
export function recordErrorsOf(
  { fault, records, times, earliest, latest }: Rejected,
  partition: string,
): RecordError[] {
  return records.map((batchIndex, i) => ({
    batchIndex,
    batchIndexErrorMessage:
      fault === 'no-key'
        ? `Compacted topic cannot accept message without key in topic partition ${partition}`
        : `Timestamp ${times[i]} of message with offset ${batchIndex} is out of range. The timestamp should be within [${earliest}, ${latest}]`,
  }))
}

/** What it is told of all of them. */
export function summaryOf(fault: Rejected['fault'], errors: readonly RecordError[], count = errors.length): string {
  if (fault === 'invalid-timestamp') return 'One or more records have been rejected due to invalid timestamp'
  const shown = errors
    .slice(0, 3)
    .map(({ batchIndex, batchIndexErrorMessage: text }) => `RecordError(batchIndex=${batchIndex}, message='${text}')`)
  return `One or more records have been rejected due to ${count} record errors in total, and only showing the first three errors at most: [${shown.join(', ')}]`
}

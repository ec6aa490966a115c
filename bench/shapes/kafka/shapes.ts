import type { Shape } from '../shape.ts'
import { commits } from './commits.ts'
import { compaction } from './compaction.ts'
import { many } from './many.ts'
import { partitions } from './partitions.ts'
import { rebalance } from './rebalance.ts'
import { secured } from './secured.ts'
import { transactions } from './transactions.ts'

export const KAFKA_SHAPES: readonly Shape[] = [
  { name: 'partitions', run: partitions },
  { name: 'transactions', run: transactions },
  { name: 'commits', run: commits },
  { name: 'rebalance', run: rebalance },
  { name: 'many', run: many },
  { name: 'compaction', run: compaction },
  { name: 'secured', secured: true, run: secured },
]

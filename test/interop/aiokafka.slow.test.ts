import { suite, test } from 'node:test'
import { playPython } from './python.ts'
import { missingPython } from './script.ts'
import { targetOf } from './target.ts'

const { skip, target } = targetOf('kafka')

const SCENARIOS = {
  idempotent: 'produces idempotently in every compression, and reads all of it in order',
  transactional: 'copies in transactions, of which those that are aborted or fenced are not seen',
  rebalance: 'consumes in a group of three, which shares anew when one leaves, and nothing comes twice',
}

suite('aiokafka', { skip: skip || missingPython(), timeout: 120_000 }, () => {
  for (const [scenario, title] of Object.entries(SCENARIOS)) {
    test(title, () => playPython('aiokafka_scenarios.py', scenario, target()))
  }
})

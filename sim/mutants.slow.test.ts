import assert from 'node:assert/strict'
import { test } from 'node:test'
import { huntOne } from './hunt.ts'
import { MUTANTS } from './mutants.ts'

for (const mutant of MUTANTS.filter(({ rare }) => rare !== true)) {
  test(`a simulation finds that ${mutant.name}`, () => {
    assert.ok(huntOne(mutant, 60, 8000) !== null, 'it was not found')
  })
}

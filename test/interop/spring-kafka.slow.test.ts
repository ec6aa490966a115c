import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { compiled, jarsOf, missingJars } from './java.ts'
import { succeed } from './script.ts'
import { fresh, targetOf } from './target.ts'

const { skip, target } = targetOf('kafka')

suite('Spring Kafka', { skip: skip || missingJars('spring-kafka'), timeout: 180_000 }, () => {
  test('retries in topics of their own, buries the dead, copies in transactions, asks and is answered', async () => {
    const java = await compiled('SpringWorker', jarsOf('spring-kafka'))
    const told = (await succeed('java', [...java, target().address, fresh('spring')], { timeoutMs: 150_000 }))
      .trim()
      .split('\n')
    const orders = told.slice(0, 8)
    const of = (order: string) => orders.filter((line) => line.includes(order))
    assert.deepEqual(of('good 1'), ['done good 1 in orders'])
    assert.deepEqual(of('bad 2'), [
      'failed bad 2 in orders',
      'failed bad 2 in orders-retry-0',
      'failed bad 2 in orders-retry-1',
      'dead bad 2 in orders-dlt',
    ])
    assert.deepEqual(of('good 3'), ['done good 3 in orders'])
    assert.deepEqual(of('late 4'), ['failed late 4 in orders', 'done late 4 in orders-retry-0'])
    const numbers = Array.from({ length: 20 }, (_, i) => i).join(' ')
    assert.deepEqual(told.slice(8), [`copied ${numbers} after 4 failures`, 'answered POST', 'answered HORN'])
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Dice } from '../../../../sim/random.ts'
import type { AssignedMember } from './assigned-member.ts'
import { type Assignment, assignmentOf, NO_PARTITIONS, sizeOf } from './assignment.ts'
import { ASSIGNORS } from './assignor.ts'

const uniform = ASSIGNORS.get('uniform')!
const range = ASSIGNORS.get('range')!

function member(memberId: string, topicIds: string[], before: Assignment = NO_PARTITIONS): AssignedMember {
  return { memberId, instanceId: null, topicIds, before }
}

function shown(assignments: readonly Assignment[]): string[] {
  return assignments.map((one) => [...one].map(([topic, partitions]) => `${topic}${partitions.join('')}`).join(' '))
}

describe('the range assignor', () => {
  it('gives neighbouring partitions, topic by topic, the first members one more', () => {
    const members = [member('b', ['x', 'y']), member('a', ['x', 'y'])]
    assert.deepEqual(shown(range(members, (topic) => (topic === 'x' ? 5 : 4))), ['x34 y23', 'x012 y01'])
  })

  it('puts static members first, by their instance ids', () => {
    const members = [
      member('a', ['x']),
      { ...member('b', ['x']), instanceId: '2' },
      { ...member('c', ['x']), instanceId: '1' },
    ]
    assert.deepEqual(shown(range(members, () => 3)), ['x2', 'x1', 'x0'])
  })

  it('counts only those who read a topic', () => {
    assert.deepEqual(shown(range([member('a', ['x']), member('b', ['x', 'y'])], () => 2)), ['x0', 'x1 y01'])
  })
})

describe('the uniform assignor', () => {
  it('takes from who has too many, and nothing else', () => {
    const all = assignmentOf([['x', [0, 1, 2, 3]]])
    assert.deepEqual(shown(uniform([member('a', ['x'], all), member('b', ['x'])], () => 4)), ['x01', 'x23'])
  })

  it('forgets partitions and topics that have gone', () => {
    const before = assignmentOf([
      ['x', [0, 7]],
      ['gone', [0]],
    ])
    assert.deepEqual(shown(uniform([member('a', ['x'], before)], () => 2)), ['x01'])
  })

  it('gives nothing to who reads nothing', () => {
    assert.deepEqual(shown(uniform([member('a', [])], () => 3)), [''])
  })
})

/** Whatever comes and goes: every partition has one owner who reads its topic. */
function check(members: readonly AssignedMember[], result: readonly Assignment[], counts: Map<string, number>): void {
  const owned = new Set<string>()
  result.forEach((assignment, i) => {
    for (const [topicId, partitions] of assignment) {
      assert.ok(members[i]!.topicIds.includes(topicId), 'a member that does not read the topic')
      for (const partition of partitions) {
        assert.ok(partition < counts.get(topicId)!, 'a partition that is not there')
        assert.ok(!owned.has(`${topicId}:${partition}`), 'two owners')
        owned.add(`${topicId}:${partition}`)
      }
    }
  })
  const read = new Set(members.flatMap(({ topicIds }) => topicIds))
  assert.equal(
    owned.size,
    [...read].reduce((sum, topicId) => sum + counts.get(topicId)!, 0),
    'somebody is forgotten',
  )
}

for (const [name, assign] of ASSIGNORS) {
  it(`${name}: every partition has one owner, whatever comes and goes`, () => {
    const dice = new Dice(7)
    for (let round = 0; round < 100; round++) {
      const topics = Array.from({ length: 1 + dice.below(5) }, (_, i) => `t${i}`)
      const counts = new Map(topics.map((topic) => [topic, dice.below(12)]))
      const alike = dice.below(2) === 0
      let members = [member('m0', topics)]
      for (let step = 0; step < 20; step++) {
        if (members.length > 1 && dice.below(3) === 0) members.splice(dice.below(members.length), 1)
        else {
          const reads = alike ? topics : topics.filter(() => dice.below(2) === 0)
          members.push(member(`m${round}-${step}`, reads))
        }
        if (dice.below(4) === 0) counts.set(topics[0]!, counts.get(topics[0]!)! + 1)
        const result = assign(members, (topicId) => counts.get(topicId)!)
        check(members, result, counts)
        if (alike && name === 'uniform') {
          const sizes = result.map(sizeOf)
          assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1, 'not balanced')
        }
        members = members.map((one, i) => ({ ...one, before: result[i]! }))
        assert.deepEqual(
          assign(members, (topicId) => counts.get(topicId)!),
          result,
          'a second time changes something',
        )
      }
    }
  })
}

it('uniform moves no more than it must when one of many leaves', () => {
  const counts = () => 100
  let members = Array.from({ length: 10 }, (_, i) => member(`m${i}`, ['x', 'y']))
  const before = uniform(members, counts)
  members = members.map((one, i) => ({ ...one, before: before[i]! })).slice(1)
  const after = uniform(members, counts)
  const moved = after.map((assignment, i) => sizeOf(assignment) - sizeOf(before[i + 1]!))
  assert.equal(
    moved.reduce((sum, one) => sum + one, 0),
    20,
  )
  assert.ok(moved.every((one) => one >= 2))
})

it('uniform balances 500 members that read different topics', () => {
  const topics = Array.from({ length: 50 }, (_, i) => `t${i}`)
  const members = Array.from({ length: 500 }, (_, i) => member(`m${i}`, [topics[i % 50]!, topics[(i * 7) % 50]!]))
  const result = uniform(members, () => 40)
  const sizes = result.map(sizeOf)
  assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 2, `${Math.min(...sizes)} to ${Math.max(...sizes)}`)
})

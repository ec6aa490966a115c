import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Scenario } from './scenario.ts'

function play(text: string, limits = {}): Scenario {
  const scenario = new Scenario(limits)
  scenario.play(text)
  return scenario
}

const PAIR = `
  join A range     -> A member-id-required             | Empty 0
  join A range     -> A joins 1 as leader of A         | CompletingRebalance 1
  sync A A=0+1     -> A gets 0+1                       | Stable 1
  join B range     -> B member-id-required
  join B range     -> .                                | PreparingRebalance 1
  beat A           -> A rebalance-in-progress
  join A range     -> A joins 2 as leader of A,B; B joins 2 under A | CompletingRebalance 2
  sync B           -> .
  sync A A=0,B=1   -> A gets 0; B gets 1               | Stable 2
`

test('two members come, share, and one leaves', () => {
  play(`${PAIR}
    beat A           -> A ok
    beat B           -> B ok
    commit A         -> A ok
    leave B          -> B ok                             | PreparingRebalance 2
    beat B           -> B unknown-member-id
    commit A         -> A ok
    join A range     -> A joins 3 as leader of A         | CompletingRebalance 3
    commit A         -> A rebalance-in-progress
    sync A A=0+1     -> A gets 0+1                       | Stable 3
    delete           -> group non-empty-group
    leave A          -> A ok                             | Empty 4
    delete           -> group ok                         | Dead 4
    delete           -> group group-id-not-found
    join A range     -> A coordinator-not-available
  `)
})

test('generations fence: the past and the unknown are refused', () => {
  play(`${PAIR}
    beat A gen=1         -> A illegal-generation
    commit A gen=1       -> A illegal-generation
    sync A gen=1         -> A illegal-generation
    sync A protocol=x    -> A inconsistent-group-protocol
    beat X gen=2         -> X unknown-member-id
    sync X gen=2         -> X unknown-member-id
    commit X gen=2       -> X unknown-member-id
    commit -             -> - unknown-member-id
    leave X              -> X unknown-member-id          | Stable 2
    join X range id=X    -> X unknown-member-id          | Stable 2
  `)
})

test('a consumer that assigns its partitions itself commits while the group has no members', () => {
  play(`
    commit -         -> - ok
    join A range old -> A joins 1 as leader of A
    commit -         -> - unknown-member-id
    leave A          -> A ok                             | Empty 2
    commit -         -> - ok
  `)
})

test('a member whose session ends is removed and the others rebalance', () => {
  play(`${PAIR}
    wait 6000        -> .
    beat A           -> A ok
    wait 6000        -> .                                | PreparingRebalance 2
    beat B           -> B unknown-member-id
    join A range     -> A joins 3 as leader of A         | CompletingRebalance 3
    wait 20000       -> .                                | Empty 4
  `)
})

test('who does not join again in time is removed, and the leader is one who did', () => {
  play(`${PAIR}
    join C range old -> .                                | PreparingRebalance 2
    join B range     -> .
    wait 5000        -> .
    beat A           -> A rebalance-in-progress
    wait 9000        -> .
    beat A           -> A rebalance-in-progress
    wait 9000        -> .
    beat A           -> A rebalance-in-progress
    wait 9000        -> .
    beat A           -> A rebalance-in-progress
    wait 9000        -> .
    beat A           -> A rebalance-in-progress
    wait 9000        -> .
    beat A           -> A rebalance-in-progress
    wait 10001       -> B joins 3 as leader of B,C; C joins 3 under B | CompletingRebalance 3
  `)
})

test('who does not ask for its assignment in time is removed', () => {
  play(`
    join A range old session=100000 rebalance=5000 -> A joins 1 as leader of A
    join B range old session=100000 rebalance=5000 -> .
    join A range session=100000 rebalance=5000 -> A joins 2 as leader of A,B; B joins 2 under A
    sync B           -> .
    wait 5000        -> B rebalance-in-progress          | PreparingRebalance 2
    join B range     -> B joins 3 as leader of B
  `)
})

test('a parked sync learns of the next rebalance, and a late assignment is refused', () => {
  play(`
    join A range old -> A joins 1 as leader of A
    join B range old -> .
    join A range     -> A joins 2 as leader of A,B; B joins 2 under A
    sync B           -> .
    join C range old -> B rebalance-in-progress          | PreparingRebalance 2
    sync A A=0       -> A rebalance-in-progress
    join A range     -> .
    join B range     -> A joins 3 as leader of A,B,C; B joins 3 under A; C joins 3 under A
  `)
})

test('a lost reply to a join is given again without a rebalance, a new subscription calls for one', () => {
  play(`${PAIR}
    join B range         -> B joins 2 under A            | Stable 2
    join B range,sticky  -> .                            | PreparingRebalance 2
    join A range,sticky  -> A joins 3 as leader of A,B; B joins 3 under A | CompletingRebalance 3
    join A range,sticky  -> A joins 3 as leader of A,B   | CompletingRebalance 3
    sync A A=0           -> A gets 0                     | Stable 3
    sync B               -> B gets nothing               | Stable 3
    sync B               -> B gets nothing               | Stable 3
    join A range,sticky  -> .                            | PreparingRebalance 3
  `)
})

test('members vote among the protocols that all of them can do', () => {
  const scenario = play(`
    join A x,y,z old -> A joins 1 as leader of A
    join B y,z old   -> .
    join A x,y,z     -> A joins 2 as leader of A,B; B joins 2 under A
    join C x old     -> C inconsistent-group-protocol    | CompletingRebalance 2
    join C z,y old   -> .
    join A x,z,y     -> .
    join B y,z       -> A joins 3 as leader of A,B,C; B joins 3 under A; C joins 3 under A
    join D y type=connect old -> D inconsistent-group-protocol
  `)
  assert.equal(scenario.group.protocol, 'z')
})

test('an id that was given out and never used holds the rebalance up only for its session time', () => {
  play(`
    join A range old     -> A joins 1 as leader of A
    sync A A=0           -> A gets 0
    join B range         -> B member-id-required
    join C range old     -> .                            | PreparingRebalance 1
    join A range         -> .
    wait 10000           -> A joins 2 as leader of A,C; C joins 2 under A
    join B range         -> B unknown-member-id
  `)
})

test('a full group refuses newcomers and keeps its members', () => {
  play(
    `
    join A range old     -> A joins 1 as leader of A
    join B range old     -> .
    join A range         -> A joins 2 as leader of A,B; B joins 2 under A
    sync A A=0,B=1       -> A gets 0
    sync B               -> B gets 1
    join C range old     -> C group-max-size-reached     | Stable 2
  `,
    { groupMaxSize: 2 },
  )
})

test('a group that was empty gathers members before its first generation', () => {
  play(
    `
    join A range old     -> .                            | PreparingRebalance 0
    wait 2000            -> .
    join B range old     -> .
    wait 2000            -> .
    wait 1999            -> .
    wait 1               -> A joins 1 as leader of A,B; B joins 1 under A
  `,
    { groupInitialRebalanceDelayMs: 3000 },
  )
})

test('a new member that is never heard of again is given up after five minutes', () => {
  play(`
    join A range old session=1000000 rebalance=1000000 -> A joins 1 as leader of A
    sync A A=0           -> A gets 0
    join B range old     -> .                            | PreparingRebalance 1
    wait 299999          -> .
    wait 1               -> B unknown-member-id          | PreparingRebalance 1
    join A range         -> A joins 2 as leader of A
  `)
})

test('a static member that starts again takes its place without a rebalance and fences its predecessor', () => {
  play(`
    join A range,sticky static=a -> A joins 1 as leader of A
    join B range,sticky static=b -> .
    join A range,sticky rejoin   -> A joins 2 as leader of A,B; B joins 2 under A
    sync A A=0,B=1        -> A gets 0
    sync B                -> B gets 1                    | Stable 2
    join B2 range,sticky static=b -> B2 joins 2 under A         | Stable 2
    sync B2               -> B2 gets 1
    beat B                -> B fenced-instance-id
    commit B              -> B fenced-instance-id
    sync B                -> B fenced-instance-id
    join B range,sticky rejoin   -> B fenced-instance-id
    beat B2               -> B2 ok
    join A2 range,sticky static=a skip -> A2 joins 2 as leader of A2,B2 skipping | Stable 2
    join A3 range,sticky static=a -> A3 joins 2 under A2        | Stable 2
    join A4 sticky static=a -> .                   | PreparingRebalance 2
    join A5 sticky static=a -> A4 fenced-instance-id      | PreparingRebalance 2
    leave static=b        -> A5 joins 3 as leader of A5; b ok | CompletingRebalance 3
  `)
})

test('a static member that stays away is kept until its session ends', () => {
  play(`
    join A range static=a session=100000 rebalance=5000 -> A joins 1 as leader of A
    join B range static=b session=100000 rebalance=5000 -> .
    join A range rejoin   -> A joins 2 as leader of A,B; B joins 2 under A
    sync A A=0,B=1        -> A gets 0
    sync B                -> B gets 1
    join C range old      -> .
    join A range rejoin   -> .
    wait 5000             -> .
    wait 55000            -> A joins 3 as leader of A,B,C; C joins 3 under A
  `)
})

test('a stable group goes on after a restart, with new sessions', () => {
  play(`${PAIR}
    wait 9000        -> .
    restart          -> .                                | Stable 2
    wait 9000        -> .
    beat A           -> A ok
    beat B           -> B ok
    commit B         -> B ok
    sync B           -> B gets 1
    leave B          -> B ok                             | PreparingRebalance 2
    restart          -> .                                | Stable 2
    beat A           -> A ok
    wait 9000        -> .                                | Stable 2
    beat A           -> A ok
    wait 9000        -> .                                | PreparingRebalance 2
    join A range     -> A joins 3 as leader of A
    leave A          -> A ok                             | Empty 4
    restart          -> .                                | Empty 4
  `)
})

import {
  addRequest,
  commitRequest,
  produceRequest,
  type TransactionDialogue,
  type Worker,
} from './transaction-dialogue.ts'

/** What is said to both brokers. Each part has transactional ids and topics of its own. */
export async function playTransactions(d: TransactionDialogue): Promise<void> {
  await beginnings(d)
  await strangers(d)
  for (const isNew of [false, true]) {
    await ends(d, isNew)
    await fences(d, isNew)
    await timeouts(d, isNew)
    await sequences(d, isNew)
  }
  await offsets(d)
  await lists(d)
  await operators(d)
}

async function begin(d: TransactionDialogue, label: string, id: string, timeoutMs = 60_000): Promise<Worker> {
  const transactionalId = d.name(id)
  const answer = await d.ask(label, 'init', 5, { transactionalId, transactionTimeoutMs: timeoutMs })
  return { transactionalId, producerId: answer.producerId, producerEpoch: answer.producerEpoch }
}

/** Who a producer is after its transaction has ended. */
function next(worker: Worker, answer: { producerId: number; producerEpoch: number }): Worker {
  if (answer.producerId < 0) return worker
  return { ...worker, producerId: answer.producerId, producerEpoch: answer.producerEpoch }
}

async function beginnings(d: TransactionDialogue): Promise<void> {
  d.part('beginnings')
  const a = await begin(d, 'first', 'a')
  const init = (label: string, request: object, version = 5) =>
    d.ask(label, 'init', version, { transactionTimeoutMs: 60_000, transactionalId: a.transactionalId, ...request })
  await init('no id', { transactionalId: '' })
  await init('too long', { transactionTimeoutMs: 900_001 })
  await init('no time', { transactionTimeoutMs: 0 })
  await init('bump', { producerId: a.producerId, producerEpoch: 0 })
  await init('bump again', { producerId: a.producerId, producerEpoch: 0 })
  await init('bump on', { producerId: a.producerId, producerEpoch: 1 })
  await init('bump late', { producerId: a.producerId, producerEpoch: 0 })
  await init('bump late', { producerId: a.producerId, producerEpoch: 0 }, 3)
  await init('bump ahead', { producerId: a.producerId, producerEpoch: 9 })
  await init('bump as somebody else', { producerId: a.producerId + 1000, producerEpoch: 0 })
  await init('anew', {})
  await init('bump after anew', { producerId: a.producerId, producerEpoch: 2 })
  await init('unknown with an id', { transactionalId: d.name('new'), producerId: 5, producerEpoch: 3 })
  await init('idempotent', { transactionalId: null })
}

async function strangers(d: TransactionDialogue): Promise<void> {
  d.part('strangers')
  const topic = d.name('strangers')
  await d.peer.topic(topic)
  const nobody = { transactionalId: d.name('nobody'), producerId: 5, producerEpoch: 0 }
  const unnamed = { ...nobody, transactionalId: '' }
  await begin(d, 'known', 'known')
  const known = await begin(d, 'known', 'known')
  const other = { ...known, producerId: known.producerId + 1000 }
  const late = { ...known, producerEpoch: known.producerEpoch - 1 }
  const early = { ...known, producerEpoch: known.producerEpoch + 1 }
  const all = { nobody, unnamed, other, late, early }
  for (const [label, worker] of Object.entries(all)) {
    for (const version of [1, 3]) await d.ask(label, 'add', version, addRequest(worker, topic, 0))
    for (const version of [1, 4]) await d.ask(label, 'addOffsets', version, { ...worker, groupId: d.name('g') })
    for (const version of [1, 4, 5]) await d.ask(label, 'end', version, { ...worker, committed: true })
    await d.ask(label, 'end', 5, { ...worker, committed: false })
    for (const version of [2, 3, 4, 5]) {
      await d.ask(label, 'commitOffsets', version, commitRequest(worker, d.name('g'), topic, 1))
    }
    for (const version of [10, 11, 12])
      await d.ask(label, 'produce', version, produceRequest(d.peer.now(), worker, topic, 0, 0))
  }
  const both = addRequest(known, topic, 0, 7)
  await d.ask('no partition', 'add', 3, both)
  await d.ask('no topic', 'add', 3, addRequest(known, d.name('nowhere'), 0))
  await d.ask('no topic', 'produce', 12, produceRequest(d.peer.now(), known, d.name('nowhere'), 0, 0))
  await d.ask('no topic', 'commitOffsets', 5, commitRequest(known, d.name('g'), d.name('nowhere'), 1))
  await d.ask('no group', 'commitOffsets', 5, commitRequest(known, '', topic, 1))
  await d.ask(
    'member of nothing',
    'commitOffsets',
    5,
    commitRequest(known, d.name('h'), topic, 1, { memberId: 'm', generationId: 3 }),
  )
  await d.ask('a member', 'commitOffsets', 5, commitRequest(known, d.name('h'), topic, 1, { memberId: 'm' }))
  const anonymous = { ...produceRequest(d.peer.now(), known, topic, 0, 0), transactionalId: null }
  await d.ask('no transactional id', 'produce', 12, anonymous)
}

/** Ends of transactions, legal and not, in both protocols. */
async function ends(d: TransactionDialogue, isNew: boolean): Promise<void> {
  d.part(`ends, ${isNew ? 'new' : 'old'}`)
  const topic = d.name(`ends-${isNew}`)
  await d.peer.topic(topic)
  const [endVersion, produceVersion] = isNew ? [5, 12] : [4, 11]
  let worker = await begin(d, 'begin', `ends-${isNew}`)
  const end = async (label: string, who: Worker, committed: boolean) => {
    const answer = await d.ask(label, 'end', endVersion, { ...who, committed })
    await d.settle()
    return answer
  }
  const work = async (sequence: number) => {
    if (!isNew) await d.ask('add', 'add', 3, addRequest(worker, topic, 0, 1))
    await d.ask('work', 'produce', produceVersion, produceRequest(d.peer.now(), worker, topic, 0, sequence))
  }
  await end('commit nothing', worker, true)
  worker = next(worker, await end('abort nothing', worker, false))
  await work(0)
  const before = worker
  worker = next(worker, await end('commit', worker, true))
  await end('commit again', before, true)
  await end('abort after commit', before, false)
  worker = next(worker, await end('abort nothing after commit', worker, false))
  await end('commit nothing after abort', worker, true)
  await work(isNew ? 0 : 1)
  const aborting = worker
  worker = next(worker, await end('abort', worker, false))
  await end('abort again', aborting, false)
  await end('commit after abort', aborting, true)
  await work(isNew ? 0 : 2)
  worker = next(worker, await end('commit at last', worker, true))
  await reads(d, topic)
}

async function reads(d: TransactionDialogue, topic: string): Promise<void> {
  for (const isolationLevel of [0, 1]) {
    for (const partition of [0, 1]) {
      const partitions = [{ partition, fetchOffset: 0, partitionMaxBytes: 1 << 20 }]
      const request = { maxWaitMs: 0, minBytes: 0, maxBytes: 1 << 20, isolationLevel, topics: [{ topic, partitions }] }
      await d.ask(`read ${isolationLevel}`, 'fetch', 11, request)
      const topics = [{ name: topic, partitions: [{ partitionIndex: partition, timestamp: -1 }] }]
      await d.ask(`latest ${isolationLevel}`, 'offsets', 8, { isolationLevel, topics })
    }
  }
  await d.ask('in the end', 'producers', 0, { topics: [{ name: topic, partitionIndexes: [0, 1, 9] }] })
}

/** Somebody takes over while a transaction is open. */
async function fences(d: TransactionDialogue, isNew: boolean): Promise<void> {
  d.part(`fences, ${isNew ? 'new' : 'old'}`)
  const topic = d.name(`fences-${isNew}`)
  await d.peer.topic(topic)
  const [endVersion, produceVersion] = isNew ? [5, 12] : [4, 11]
  const id = `fences-${isNew}`
  const worker = await begin(d, 'begin', id)
  if (!isNew) await d.ask('add', 'add', 3, addRequest(worker, topic, 0))
  await d.ask('work', 'produce', produceVersion, produceRequest(d.peer.now(), worker, topic, 0, 0))
  await begin(d, 'take over', id)
  await d.settle()
  await d.ask('meanwhile', 'describe', 0, { transactionalIds: [worker.transactionalId] })
  for (const committed of [true, false]) {
    await d.ask('fenced', 'end', endVersion, { ...worker, committed })
  }
  await d.ask('fenced', 'produce', produceVersion, produceRequest(d.peer.now(), worker, topic, 0, 1))
  await d.ask('fenced', 'produce', produceVersion, produceRequest(d.peer.now(), worker, topic, 1, 0))
  if (!isNew) await d.ask('fenced', 'add', 3, addRequest(worker, topic, 1))
  const successor = await begin(d, 'take over', id)
  await d.ask('fenced', 'end', endVersion, { ...worker, committed: true })
  const { transactionalId, producerId, producerEpoch } = worker
  await d.ask('fenced asks again', 'init', 5, {
    transactionalId,
    transactionTimeoutMs: 60_000,
    producerId,
    producerEpoch,
  })
  if (!isNew) await d.ask('add', 'add', 3, addRequest(successor, topic, 0))
  await d.ask('successor', 'produce', produceVersion, produceRequest(d.peer.now(), successor, topic, 0, 0))
  const { producerEpoch: expected } = successor
  await d.ask('the same in a transaction', 'init', 5, { ...initOf(successor), producerEpoch: expected })
  await d.settle()
  await d.ask('the same once more', 'init', 5, { ...initOf(successor), producerEpoch: expected })
  await reads(d, topic)
}

function initOf({ transactionalId, producerId, producerEpoch }: Worker) {
  return { transactionalId, transactionTimeoutMs: 60_000, producerId, producerEpoch }
}

/** A transaction takes too long. */
async function timeouts(d: TransactionDialogue, isNew: boolean): Promise<void> {
  d.part(`time-outs, ${isNew ? 'new' : 'old'}`)
  const topic = d.name(`timeouts-${isNew}`)
  await d.peer.topic(topic)
  const [endVersion, produceVersion] = isNew ? [5, 12] : [4, 11]
  const workers = [
    await begin(d, 'begin', `timeouts-${isNew}`, 1000),
    await begin(d, 'begin', `timeouts-${isNew}-2`, 1000),
  ]
  for (const worker of workers) {
    if (!isNew) await d.ask('add', 'add', 3, addRequest(worker, topic, 0))
    await d.ask('work', 'produce', produceVersion, produceRequest(d.peer.now(), worker, topic, 0, 0))
  }
  // Kafka looks every ten seconds.
  await d.peer.wait(12_500)
  for (const worker of workers) {
    await d.ask('after', 'describe', 0, { transactionalIds: [worker.transactionalId] })
    await d.ask('late', 'produce', produceVersion, produceRequest(d.peer.now(), worker, topic, 0, 1))
    if (!isNew) await d.ask('late', 'add', 3, addRequest(worker, topic, 1))
    else await d.ask('late', 'produce', produceVersion, produceRequest(d.peer.now(), worker, topic, 1, 0))
    await d.ask('late', 'commitOffsets', isNew ? 5 : 3, commitRequest(worker, d.name('g'), topic, 1))
    await d.ask('late', 'end', endVersion, { ...worker, committed: worker === workers[0] })
  }
  const [worker] = workers
  await d.ask('asks again', 'init', 5, initOf(worker!))
  await d.ask('asks again', 'init', 5, initOf(worker!))
  await reads(d, topic)
}

async function sequences(d: TransactionDialogue, isNew: boolean): Promise<void> {
  d.part(`sequences, ${isNew ? 'new' : 'old'}`)
  const topic = d.name(`sequences-${isNew}`)
  await d.peer.topic(topic)
  const [endVersion, produceVersion] = isNew ? [5, 12] : [4, 11]
  let worker = await begin(d, 'begin', `sequences-${isNew}`)
  const add = async () => {
    if (!isNew) await d.ask('add', 'add', 3, addRequest(worker, topic, 0))
  }
  await add()
  await d.ask('begins late', 'produce', produceVersion, produceRequest(d.peer.now(), worker, topic, 0, 5))
  await d.ask('begins', 'produce', produceVersion, produceRequest(d.peer.now(), worker, topic, 0, 0, 3))
  await d.ask('again', 'produce', produceVersion, produceRequest(d.peer.now(), worker, topic, 0, 0, 3))
  await d.ask('a gap', 'produce', produceVersion, produceRequest(d.peer.now(), worker, topic, 0, 4))
  await d.ask('goes on', 'produce', produceVersion, produceRequest(d.peer.now(), worker, topic, 0, 3))
  const before = worker
  worker = next(worker, await d.ask('commit', 'end', endVersion, { ...worker, committed: true }))
  await d.settle()
  await d.ask('the last again', 'produce', produceVersion, produceRequest(d.peer.now(), before, topic, 0, 3))
  await add()
  await d.ask('the last again', 'produce', produceVersion, produceRequest(d.peer.now(), before, topic, 0, 3))
  await d.ask('old number', 'produce', produceVersion, produceRequest(d.peer.now(), worker, topic, 0, 4))
  await d.ask('new number', 'produce', produceVersion, produceRequest(d.peer.now(), worker, topic, 0, 0))
  await d.ask('abort', 'end', endVersion, { ...worker, committed: false })
  await d.settle()
  await reads(d, topic)
}

async function offsets(d: TransactionDialogue): Promise<void> {
  d.part('offsets')
  const topic = d.name('offsets')
  await d.peer.topic(topic)
  const groupId = d.name('group')
  const committed = async (label: string) => {
    const topics = [{ name: topic, partitionIndexes: [0, 1] }]
    for (const requireStable of [false, true]) {
      await d.ask(`${label} ${requireStable}`, 'committed', 9, { requireStable, groups: [{ groupId, topics }] })
      await d.ask(`all ${label} ${requireStable}`, 'committed', 9, {
        requireStable,
        groups: [{ groupId, topics: null }],
      })
      await d.ask(`${label} ${requireStable}`, 'committed', 7, { requireStable, groupId, topics })
    }
  }
  let worker = await begin(d, 'begin', 'offsets')
  await d.ask('not added', 'commitOffsets', 3, commitRequest(worker, groupId, topic, 1))
  await d.ask('not added', 'commitOffsets', 4, commitRequest(worker, groupId, topic, 1))
  await d.ask('add', 'addOffsets', 4, { ...worker, groupId })
  await committed('before')
  await d.ask('old', 'commitOffsets', 4, commitRequest(worker, groupId, topic, 1))
  await committed('pending')
  await d.ask('touched', 'describe', 0, { transactionalIds: [worker.transactionalId] })
  await d.ask('commit', 'end', 4, { ...worker, committed: true })
  await d.settle()
  await committed('after')
  await d.ask('new', 'commitOffsets', 5, commitRequest(worker, groupId, topic, 2))
  await committed('pending')
  worker = next(worker, await d.ask('abort', 'end', 5, { ...worker, committed: false }))
  await d.settle()
  await committed('after abort')
  await d.ask('too long', 'commitOffsets', 5, {
    ...worker,
    groupId,
    topics: [
      {
        name: topic,
        partitions: [
          { partitionIndex: 0, committedOffset: 4, committedMetadata: 'x'.repeat(5000) },
          { partitionIndex: 1, committedOffset: 5, committedMetadata: null },
          { partitionIndex: 9, committedOffset: 5, committedMetadata: null },
        ],
      },
    ],
  })
  await d.ask('commit', 'end', 5, { ...worker, committed: true })
  await d.settle()
  await committed('in the end')
}

async function lists(d: TransactionDialogue): Promise<void> {
  d.part('lists')
  const topic = d.name('lists')
  await d.peer.topic(topic)
  const open = await begin(d, 'open', 'list-open')
  const idle = await begin(d, 'idle', 'list-idle')
  await d.ask('work', 'produce', 12, produceRequest(d.peer.now(), open, topic, 0, 0))
  await d.ask('work', 'produce', 12, produceRequest(d.peer.now(), open, topic, 2, 0))
  const { transactionalId } = open
  const transactionalIds = [transactionalId, idle.transactionalId, d.name('nobody'), '']
  await d.ask('all', 'describe', 0, { transactionalIds })
  const ours = { producerIdFilters: [open.producerId, idle.producerId] }
  const pattern = (text: string) => ({ ...ours, transactionalIdPattern: text })
  await d.ask('both', 'list', 0, ours)
  await d.ask('open', 'list', 0, { ...ours, stateFilters: ['Ongoing'] })
  await d.ask('states', 'list', 0, { ...ours, stateFilters: ['Empty', 'ongoing', 'PrepareCommit', 'nonsense'] })
  await d.ask('long', 'list', 1, { ...ours, durationFilter: 100_000 })
  await d.ask('any length', 'list', 1, { ...ours, durationFilter: 0 })
  await d.ask('pattern', 'list', 2, pattern('.*list-o.*'))
  await d.ask('part', 'list', 2, pattern('list-o'))
  await d.ask('empty', 'list', 2, pattern(''))
  await d.ask('wrong', 'list', 2, pattern('(*'))
  await d.ask('open', 'producers', 0, { topics: [{ name: topic, partitionIndexes: [0, 1] }] })
  await d.ask('abort', 'end', 5, { ...open, committed: false })
}

/** Who ends somebody else's transaction. */
async function operators(d: TransactionDialogue): Promise<void> {
  d.part('operators')
  const topic = d.name('operators')
  await d.peer.topic(topic)
  await begin(d, 'begin', 'operators')
  const worker = await begin(d, 'begin', 'operators')
  await d.ask('work', 'produce', 12, produceRequest(d.peer.now(), worker, topic, 0, 0))
  const { producerId, producerEpoch } = worker
  const topics = [{ name: topic, partitionIndexes: [0, 9] }]
  const marker = { producerId, producerEpoch, transactionResult: false, coordinatorEpoch: 100, topics }
  await d.ask('old epoch', 'markers', 1, { markers: [{ ...marker, producerEpoch: producerEpoch - 1 }] })
  await d.ask('abort', 'markers', 1, { markers: [marker] })
  await d.ask('old coordinator', 'markers', 1, { markers: [{ ...marker, coordinatorEpoch: 1 }] })
  await reads(d, topic)
}

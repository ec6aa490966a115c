/*
 * Replay: a projection of events that is made anew from history, while new events come in.
 */
import { connect, json, topic } from 'posthorn'

const moved = topic('stock.moved', { schema: json(), key: (event) => event.item, partitions: 3, retention: '30d' })

const bus = await connect(process.env.POSTHORN_URL ?? 'memory:')
await bus.publishBatch(moved, [
  { item: 'tea', by: 10 },
  { item: 'cake', by: 4 },
  { item: 'tea', by: -3 },
])

let stock = new Map()
let seen = 0
let wanted = 3
let arrived = () => {}
const all = () => new Promise((resolve) => (arrived = resolve))
const first = all()
const projection = await bus.subscribe(moved, { group: 'stock', from: 'earliest', concurrency: 8 }, ({ item, by }) => {
  stock.set(item, (stock.get(item) ?? 0) + by)
  if (++seen === wanted) arrived()
})
await first
console.log('stock:', Object.fromEntries([...stock].sort()))

// The projection had a bug, say: begin again, from the first event.
stock = new Map()
seen = 0
wanted = 4
const again = all()
await projection.seek('earliest')
await bus.publish(moved, { item: 'cake', by: -1 })
await again
console.log('stock after the replay:', Object.fromEntries([...stock].sort()))
console.log('still to be read:', await projection.lag())
await bus.close()

import { SPILL } from '../../store/place.ts'
import type { Broker } from '../broker.ts'
import type { KeptMessages } from '../exchange/kept-messages.ts'

/** Messages that are read ahead, and bytes of them. */
const MOST = 512
const MOST_BYTES = 2 * 1024 * 1024
/** Neighbours with no more between them are read in one go, if they lie in one such stretch. */
const GAP = 16 * 1024
const STRETCH = 256 * 1024
/** Reads under way at a time. */
const READS = 2

interface Wanted {
  readonly sequence: number
  readonly place: number
  readonly position: number
  readonly length: number
}

/**
 * Reads messages that are due and not in memory, those that are released next: in the order of their places, and exactly them, since what
 * is due together may lie anywhere. Calls `done` when they are in `kept.fetched`, those that cannot be read in
 * `kept.unfetched`.
 */
export function fetchDue(broker: Broker, kept: KeptMessages, now: number, done: () => void): void {
  const all = wanted(broker, kept, now)
  // They may be moved before they have been read: their bytes stay until then.
  for (const { place, position, length } of all) broker.store.retain(place, position, length)
  const runs = runsOf(all, broker.store.journal.longest)
  let next = 0
  let reading = 0
  const goOn = () => {
    while (next < runs.length && reading < READS) {
      reading++
      read(broker, kept, runs[next++]!, () => {
        reading--
        goOn()
      })
    }
    if (reading === 0) done()
  }
  goOn()
}

/** The messages that are released next, as far as they are not in memory. */
function wanted({ store }: Broker, kept: KeptMessages, now: number): Wanted[] {
  const { due, index } = kept
  const found: Wanted[] = []
  const passed: number[] = []
  let bytes = 0
  while (kept.next() >= 0 && due.due <= now && passed.length < 2 * MOST && bytes < MOST_BYTES) {
    const sequence = due.first
    const [place, position, length] = [kept.place(sequence), index.position(sequence), index.length(sequence)]
    passed.push(due.due, sequence)
    due.pop()
    bytes += length
    if (store.locate(place, position, length) < 0) found.push({ sequence, place, position, length })
  }
  for (let i = 0; i < passed.length; i += 2) due.push(passed[i]!, passed[i + 1]!)
  return found.sort((a, b) => a.place - b.place || a.position - b.position)
}

/** A run lies in one block of its file. In the spill nothing but the messages themselves need be there. */
function runsOf(all: readonly Wanted[], longest: number): Wanted[][] {
  const stretch = Math.min(STRETCH, 2 ** Math.floor(Math.log2(longest)))
  const runs: Wanted[][] = []
  let end = 0
  for (const one of all) {
    const last = runs.at(-1)?.at(-1)
    const gap = last === undefined ? GAP + 1 : one.position - (last.position + last.length)
    const near = one.place === last?.place && gap <= (one.place === SPILL ? 0 : GAP)
    if (near && one.position + one.length <= end) runs.at(-1)!.push(one)
    else {
      runs.push([one])
      end = (Math.floor(one.position / stretch) + 1) * stretch
    }
  }
  return runs
}

function read({ store }: Broker, kept: KeptMessages, run: readonly Wanted[], done: () => void): void {
  const { place, position: start } = run[0]!
  const last = run.at(-1)!
  const bytes = new Uint8Array(last.position + last.length - start)
  store.readAsync(place, start, bytes.length, bytes, 0, (error) => {
    for (const { sequence, position, length } of run) {
      store.release(place, position, length)
      if (error === null) kept.fetched.set(sequence, bytes.subarray(position - start, position - start + length))
      else kept.unfetched.add(sequence)
    }
    done()
  })
}

import { existsSync } from 'node:fs'

/** Where the thread for heavy work begins: beside this module, or, in the bundle, beside the command or above its chunks. */
export function batchWorker(): URL {
  const places = ['./batch-worker.js', '../batch-worker.js'].map((name) => new URL(name, import.meta.url))
  return places.find((place) => existsSync(place)) ?? places[0]!
}

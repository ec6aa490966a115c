import { parentPort } from 'node:worker_threads'
import { type JsonCodeTask, jsonCode } from '../broker/contract/json-code.ts'
import { codecsIn } from '../core/partition/batch.ts'
import { type BatchTask, BatchWork } from '../core/partition/batch-work.ts'
import { prepareCodec } from '../wire/kafka/compression/codec.ts'

/** The thread for heavy work: tasks come as messages, and are answered in their order. */
const work = new BatchWork()
let last = Promise.resolve()

parentPort?.on('message', (task: BatchTask | JsonCodeTask) => {
  last = last.then(() => answer(task))
})

async function answer(task: BatchTask | JsonCodeTask): Promise<void> {
  try {
    const result = await done(task)
    parentPort?.postMessage({ error: null, result }, handedOver(result))
  } catch (error) {
    parentPort?.postMessage({ error: error instanceof Error ? error.message : String(error), result: null })
  }
}

/** Bytes that are all of their memory go to who asked as they are. */
function handedOver(result: unknown): ArrayBuffer[] {
  if (!(result instanceof Uint8Array)) return []
  const { buffer, byteLength } = result
  return buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? [buffer] : []
}

async function done(task: BatchTask | JsonCodeTask): Promise<unknown> {
  if (task.kind === 'json-code') return jsonCode(task)
  await prepare(task)
  return work.run(task)
}

/** Codecs that have to be compiled are, before a task needs them. */
async function prepare(task: BatchTask): Promise<void> {
  const codecs = new Set<number>()
  if ('bytes' in task) for (const codec of codecsIn(task.bytes)) codecs.add(codec)
  if (task.kind === 'admit') codecs.add(task.entry.codec)
  for (const codec of codecs) await prepareCodec(codec)
}

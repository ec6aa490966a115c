import { randomBytes } from 'node:crypto'
import {
  AlterUserScramCredentialsRequest,
  AlterUserScramCredentialsResponse,
} from '../../../src/wire/kafka/messages/alter-user-scram-credentials.ts'
import { saltedPassword } from '../../../test/kafka/scram-client.ts'
import type { Running } from '../../broker.ts'
import { FLUSH, generate } from '../generator.ts'
import type { Setting } from '../shape.ts'
import { KafkaClient } from './client.ts'

const SCRAM_SHA_256 = 1
const ITERATIONS = 4096
const USER = 'bench'
const PASSWORD = 'bench-secret'

/** The producer of the `kafka` group through SCRAM-SHA-256 and TLS, and beside it in plain. */
export async function secured(running: Running, setting: Setting): Promise<Record<string, number>> {
  await addUser(running)
  const large = '--size 1024 --batch 65536 --consumers 0'
  const small = '--size 100 --batch 1000 --consumers 0'
  const by = ` --tls --user ${USER} --password ${PASSWORD}`
  const run = (words: string) => generate(running, 'kafkas', setting, `${words}${by}`)
  await run(large)
  const figures: Record<string, number> = {}
  const [encrypted, requests] = [await run(large), await run(small)]
  figures.mb = encrypted.get('inMbPerSecond')!
  figures.cpuUs = encrypted.get('brokerCpuUs') ?? 0
  figures.requests = requests.get('donePerSecond')!
  if (setting.peer) figures.flush = (await run(`${large} ${FLUSH}`)).get('inMbPerSecond')!
  figures.plain = (await generate(running, 'kafka', setting, large)).get('inMbPerSecond')!
  return figures
}

async function addUser(running: Running): Promise<void> {
  const client = await KafkaClient.open(running.address('kafka'))
  const salt = randomBytes(16)
  const upsertions = [
    {
      ...{ name: USER, mechanism: SCRAM_SHA_256, iterations: ITERATIONS, salt },
      saltedPassword: saltedPassword('SCRAM-SHA-256', PASSWORD, salt),
    },
  ]
  const request = { deletions: [], upsertions }
  const told = await client.ask(AlterUserScramCredentialsRequest, AlterUserScramCredentialsResponse, 0, request)
  client.close()
  const { errorCode, errorMessage } = told.results[0]!
  if (errorCode !== 0) throw new Error(`adding a user: ${errorMessage ?? errorCode}`)
}

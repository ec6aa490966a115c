import { suite, test } from 'node:test'
import { compiled, jarsOf, missingJars } from './java.ts'
import { succeed } from './script.ts'
import { fresh, targetOf } from './target.ts'

const { skip, target } = targetOf('kafka')
/** From 2018, the oldest that Kafka 4 still serves, on; build/kafka-clients-VERSION has each. */
const VERSIONS = ['2.1.1', '2.8.2', '3.3.2', '3.9.1']
const folder = (version: string) => `kafka-clients-${version}`
const lacking = VERSIONS.map((version) => missingJars(folder(version))).find((one) => one !== false) ?? false

suite("Kafka's client for Java", { skip: skip || lacking }, () => {
  for (const version of VERSIONS) {
    test(`of version ${version} makes topics, writes, reads, shares, commits, aborts and deletes`, async () => {
      const oldest = await compiled('OlderClient', jarsOf(folder(VERSIONS[0]!)))
      const java = oldest.map((word) => word.replaceAll(folder(VERSIONS[0]!), folder(version)))
      await succeed('java', [...java, target().address, fresh('clients')], { timeoutMs: 120_000 })
    })
  }
})

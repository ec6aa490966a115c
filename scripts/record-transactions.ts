import { writeFileSync } from 'node:fs'
import { playTransactions } from '../test/kafka/transaction-cases.ts'
import { TransactionDialogue } from '../test/kafka/transaction-dialogue.ts'
import { tcpPeer } from '../test/kafka/transaction-peer.ts'

/*
 * Writes down what a real Kafka answers about transactions, for test/kafka/transaction-replies.test.ts to compare with:
 *
 *   node dist/scripts/record-transactions.js PORT test/kafka/transaction-replies.txt
 *
 * The broker must have no authorizer.
 */

const [port, file] = process.argv.slice(2)
const peer = await tcpPeer(Number(port))
const dialogue = new TransactionDialogue(peer)
try {
  await playTransactions(dialogue)
} finally {
  writeFileSync(file!, `${dialogue.lines.join('\n')}\n`)
  peer.close()
}
console.log(`${dialogue.lines.length} answers written to ${file}`)

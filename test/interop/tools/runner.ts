import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { waitForEnd } from '../broker-process.ts'
import { BROKER_JARS, compiled, TOOLS } from '../java.ts'

const PATIENCE_MS = 90_000

/** What a tool wrote and how it ended. */
export interface Ran {
  readonly out: string
  readonly err: string
  readonly code: number
}

/** Runs Kafka's tools in one process of Java, as their scripts would each in its own. */
export class ToolRunner {
  private readonly child: ChildProcess
  private readonly waiting = new Map<string, (ran: Ran) => void>()
  private count = 0
  private error = ''

  private constructor(java: readonly string[]) {
    this.child = spawn('java', [...java], { stdio: ['pipe', 'pipe', 'pipe'] })
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.error += text
    })
    createInterface({ input: this.child.stdout! }).on('line', (line) => {
      const [number, code, out, err] = line.split(' ')
      this.waiting.get(number!)?.({ out: decoded(out!), err: decoded(err!), code: Number(code) })
      this.waiting.delete(number!)
    })
  }

  static async start(): Promise<ToolRunner> {
    return new ToolRunner(['-Dorg.apache.logging.log4j.level=OFF', ...(await compiled('RunTools', BROKER_JARS))])
  }

  /** `tool` is a script's name between `kafka-` and `.sh`. */
  run(tool: string, args: readonly string[], input = ''): Promise<Ran> {
    const number = String(++this.count)
    const words = [mainClass(tool), input, ...args].map((text) => `.${Buffer.from(text).toString('base64')}`)
    this.child.stdin!.write(`${number} ${words.join(' ')}\n`)
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`kafka-${tool} ${args.join(' ')} did not end\n${this.error.slice(-2000)}`)),
        PATIENCE_MS,
      )
      this.waiting.set(number, (ran) => {
        clearTimeout(timer)
        resolve(ran)
      })
    })
  }

  async stop(): Promise<void> {
    this.child.kill('SIGKILL')
    await waitForEnd(this.child, 10_000)
  }
}

/** A tool's script names the class that it runs. */
function mainClass(tool: string): string {
  const script = readFileSync(join(TOOLS, `kafka-${tool}.sh`), 'utf8')
  return /kafka-run-class\.sh" (\S+)/.exec(script)![1]!
}

function decoded(word: string): string {
  return Buffer.from(word.slice(1), 'base64').toString()
}

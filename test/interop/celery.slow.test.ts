import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { gather, ROOT, waitForEnd } from './broker-process.ts'
import { BUILD, missing, succeed } from './script.ts'
import { fresh, targetOf } from './target.ts'

const { skip, target } = targetOf('amqp')
const bin = join(BUILD, 'celery/bin')
const notThere = missing('Celery', 'run scripts/install-clients.sh', existsSync(join(BUILD, 'celery/.ready')))
const APPLICATION = join(ROOT, 'test/interop/celery')

/** The application of test/interop/celery with one worker, and how to play scenarios beside it. */
class Application {
  private readonly queueType: string
  private readonly backend: (folder: string) => string
  private readonly folder = mkdtempSync(join(tmpdir(), 'posthorn-celery-'))
  private readonly prefix = fresh('celery')
  /** The worker's name: others work on the same broker. */
  private readonly node = `${this.prefix}@here`
  private worker: ChildProcess | null = null

  constructor(queueType: 'classic' | 'quorum', backend: (folder: string) => string) {
    this.queueType = queueType
    this.backend = backend
  }

  async startWorker(): Promise<void> {
    const args = ['-A', 'shop', 'worker', '--hostname', this.node, '--concurrency', '1', '--loglevel', 'INFO']
    const worker = spawn(join(bin, 'celery'), args, { cwd: APPLICATION, env: this.environment(), detached: true })
    this.worker = worker
    const { err } = gather(worker)
    await err.until(/ ready\./, 60_000).catch((error: Error) => {
      throw new Error(`the worker did not start: ${error.message}\n${err.text()}`)
    })
  }

  /** Ends the worker, with all its processes if it is to be killed. */
  async stopWorker(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const { worker } = this
    this.worker = null
    if (worker === null) return
    process.kill(signal === 'SIGKILL' ? -worker.pid! : worker.pid!, signal)
    await waitForEnd(worker, 20_000)
  }

  play(scenario: string): Promise<string> {
    return succeed(join(bin, 'python'), [join(APPLICATION, 'scenarios.py'), scenario], { env: this.environment() })
  }

  async end(): Promise<void> {
    await this.stopWorker()
    if (target().control) await this.play('tidy')
    rmSync(this.folder, { recursive: true })
  }

  private environment(): Record<string, string> {
    return {
      ...(process.env as Record<string, string>),
      BROKER: target().uri,
      BACKEND: this.backend(this.folder),
      QUEUE_TYPE: this.queueType,
      PREFIX: this.prefix,
      NODE: this.node,
      SEEN: join(this.folder, 'seen'),
      PYTHONDONTWRITEBYTECODE: '1',
    }
  }
}

/** The scenarios, one after the other, beside one worker. */
function scenarios(application: Application, titles: Readonly<Record<string, string>>): void {
  before(() => application.startWorker())
  after(() => application.end())
  for (const [scenario, title] of Object.entries(titles)) {
    test(title, async () => {
      await application.play(scenario)
    })
  }
}

suite('Celery', { skip: skip || notThere, timeout: 120_000, concurrency: true }, () => {
  suite('on classic queues, its results in files', { concurrency: 1 }, () => {
    scenarios(new Application('classic', (folder) => `file://${folder}`), {
      results: 'does tasks and tells their results and failures',
      retries: 'tries again what asks for it, and gives up in the end',
      later: 'does a task at its time, and others meanwhile',
      expired: 'leaves out what came too late',
      canvas: 'does chains, groups and chunks',
      chords: 'does what has to wait for a group when all of it is done',
      rejected: 'gives back what a task rejects, and finds it dead-lettered the second time',
      urgent: 'takes the urgent first',
      control: 'is asked, and told to leave a task out',
      events: 'tells of its work by events',
    })
  })

  suite('on quorum queues, its results by rpc', { concurrency: 1 }, () => {
    const application = new Application('quorum', () => 'rpc://')
    scenarios(application, {
      results: 'does tasks and tells their results and failures',
      retries: 'tries again what asks for it, and gives up in the end',
      later: 'has the broker delay tasks by queues with a time to live',
      canvas: 'does chains, groups and chunks',
      rejected: 'gives back what a task rejects, and finds it dead-lettered the second time',
    })
    test('does the task of a worker that was killed again', async () => {
      await application.play('begin_slow')
      await application.stopWorker('SIGKILL')
      await application.startWorker()
      await application.play('end_slow')
    })
  })
})

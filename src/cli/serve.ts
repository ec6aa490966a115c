import { openLog } from '../server/log.ts'
import { type Running, start } from '../server/start.ts'
import { VERSION } from '../server/version.ts'
import { describeFlags, readFlags } from './flags.ts'

/** Runs the broker until SIGTERM or SIGINT. */
export async function run(args: string[]): Promise<number> {
  const config = readFlags(args)
  if (config === null) {
    process.stdout.write(`usage: posthorn serve [OPTION ...]\n\n${describeFlags()}`)
    return 0
  }
  const format =
    config.values['log.format'] === 'auto' ? (process.stderr.isTTY ? 'text' : 'json') : config.values['log.format']
  const log = openLog(config.values['log.level'] as 'info', format as 'json' | 'text')
  process.on('uncaughtException', (error) => {
    log.error({ stack: error.stack }, `the broker ends, for something went wrong that should not: ${error.message}`)
    process.exit(1)
  })
  const stopped = new Promise<number>((resolve) => {
    const running = start(config, log, (code) => resolve(code))
    running.then(
      (broker) => {
        // Who has read the banner may stop the broker, in good order.
        stopOnSignal(broker)
        process.stdout.write(banner(broker))
      },
      (error: Error) => {
        log.error({}, error.message)
        resolve(1)
      },
    )
  })
  // Everything is on the disk: connections that linger for their peer's goodbye are not waited for.
  process.exit(await stopped)
}

function stopOnSignal(broker: Running): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    // Not once: npm passes a signal on that the whole process group has got already, and the second would kill us.
    process.on(signal, () => broker.stop(signal))
  }
  process.on('SIGHUP', () => broker.reload())
}

/** What a person needs to try it. */
function banner(broker: Running): string {
  const lines = [`Posthorn ${VERSION}, data in ${broker.data}`]
  for (const { name, protocol, host, port, tls, sasl, basic } of broker.listeners) {
    const hint = HINTS[protocol](host, port)
    const about = tls || sasl !== null || basic ? '' : `   ${hint}`
    lines.push(`  ${name.padEnd(8)} ${protocol}${tls ? 's' : ''}://${host}:${port}${about}`)
  }
  return `${lines.join('\n')}\n`
}

const HINTS = { amqp: tryAmqp, kafka: tryKafka, http: tryHttp } as const

function tryHttp(host: string, port: number): string {
  return `schema registry; try: curl http://${host}:${port}/subjects`
}

function tryAmqp(host: string, port: number): string {
  return `try: amqplib.connect('amqp://guest:guest@${host}:${port}')`
}

function tryKafka(host: string, port: number): string {
  return `try: echo hello | kcat -P -b ${host}:${port} -t greetings && kcat -C -b ${host}:${port} -t greetings -e`
}

import { spawn } from 'node:child_process'

/**
 * Runs test/interop, the scenarios that other people's clients play. `--control amqp=HOST:PORT[/VHOST]` or `--control kafka=HOST:PORT` plays them
 * on a real RabbitMQ or Kafka: what fails there is wrong in the test. Other arguments are the files' beginnings: `npm run interop -- kafkajs pika`.
 */
const environment: Record<string, string> = {}
const files: string[] = []
const args = process.argv.slice(2)
for (let arg = args.shift(); arg !== undefined; arg = args.shift()) {
  if (arg !== '--control') files.push(`test/interop/${arg}`)
  else {
    const named = /^(amqp|kafka)=([^=]+:\d+(?:\/.+)?)$/.exec(args.shift() ?? '')
    if (named === null) {
      process.stderr.write('interop: write --control amqp=HOST:PORT or --control kafka=HOST:PORT\n')
      process.exit(2)
    }
    environment[`POSTHORN_CONTROL_${named[1].toUpperCase()}`] = named[2]
  }
}
const folders = files.length > 0 ? files : ['test/interop/']
const runner = spawn(process.execPath, ['dist/scripts/test.js', ...folders], {
  stdio: 'inherit',
  env: { ...process.env, ...environment },
})
runner.on('exit', (code) => process.exit(code ?? 1))

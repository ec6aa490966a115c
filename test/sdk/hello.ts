/** The first program of a new user: in JavaScript, and as well in TypeScript. */
export const HELLO = `import { connect, queue } from 'posthorn'

const greetings = queue('greetings', { schema: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] } })
const bus = await connect('file:./data')
await bus.consume(greetings, ({ name }) => console.log(\`hello \${name}\`))
const { handled } = await bus.send(greetings, { name: 'world' }, { receipt: true })
await handled
await bus.close()
`

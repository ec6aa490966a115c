/*
 * A module for NestJS: the bus is a provider, and is closed with the application. It needs nothing of Nest's but what every module has, so that this file
 * runs without it; in an application `PosthornModule.forRoot(url)` goes into `imports`, and `@Inject(BUS)` gives the bus to a service.
 */
import { connect, json, queue } from 'posthorn'

export const BUS = Symbol('posthorn bus')

// biome-ignore lint/complexity/noStaticOnlyClass: Nest knows modules by their class.
export class PosthornModule {
  /** A dynamic module. */
  static forRoot(url, options = {}) {
    const bus = {
      provide: BUS,
      useFactory: async () => {
        const opened = await connect(url, options)
        // Nest calls this when the application ends (with `enableShutdownHooks`).
        return Object.assign(opened, { onApplicationShutdown: () => opened.close() })
      },
    }
    return { module: PosthornModule, global: true, providers: [bus], exports: [bus] }
  }
}

// What Nest does with it, in short.
const { providers } = PosthornModule.forRoot(process.env.POSTHORN_URL ?? 'memory:')
const bus = await providers[0].useFactory()

const greetings = queue('greetings', { schema: json() })

class Greeter {
  constructor(bus) {
    this.bus = bus
  }

  async onModuleInit() {
    await this.bus.consume(greetings, ({ name }) => console.log(`hello ${name}`))
  }
}

await new Greeter(bus).onModuleInit()
const { handled } = await bus.send(greetings, { name: 'Nest' }, { receipt: true })
await handled
await bus.onApplicationShutdown()

/*
 * A module for NestJS: the bus is a provider, and is closed with the application. In an application of yours `PosthornModule.forRoot(url)` goes into
 * `imports`, and `@Inject(BUS)` gives the bus to a service.
 */
import 'reflect-metadata'
import {
  type DynamicModule,
  Inject,
  Injectable,
  Module,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { type Bus, type ConnectOptions, connect, json, queue } from 'posthorn'

export const BUS = Symbol('posthorn bus')

@Module({})
export class PosthornModule implements OnApplicationShutdown {
  @Inject(BUS) private readonly bus!: Bus

  static forRoot(url: string, options: ConnectOptions = {}): DynamicModule {
    const bus = { provide: BUS, useFactory: () => connect(url, options) }
    return { module: PosthornModule, global: true, providers: [bus], exports: [bus] }
  }

  /** Handlers finish what they have begun. */
  onApplicationShutdown(): Promise<void> {
    return this.bus.close()
  }
}

// An application with it.
const greetings = queue('greetings', { schema: json<{ name: string }>(), answer: json<{ text: string }>() })

@Injectable()
class Names {
  polite(name: string): string {
    return `dear ${name}`
  }
}

@Injectable()
class Greeter implements OnModuleInit {
  @Inject(BUS) private readonly bus!: Bus
  @Inject(Names) private readonly names!: Names

  async onModuleInit(): Promise<void> {
    await this.bus.respond(greetings, ({ name }) => ({ text: `hello ${this.names.polite(name)}` }))
  }

  async greet(name: string): Promise<string> {
    return (await this.bus.request(greetings, { name })).text
  }
}

@Module({
  imports: [PosthornModule.forRoot(process.env.POSTHORN_URL ?? 'memory:')],
  providers: [Names, Greeter],
})
class AppModule {}

const app = await NestFactory.createApplicationContext(AppModule, { logger: false })
console.log(await app.get(Greeter).greet('Nest'))
await app.close()
console.log(
  'closed:',
  await app
    .get<Bus>(BUS)
    .send(greetings, { name: 'late' })
    .catch((error) => error.code),
)

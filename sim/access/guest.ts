import { createHash, createHmac } from 'node:crypto'
import { ErrorCode } from '../../src/wire/kafka/errors.ts'
import { MetadataRequest, MetadataResponse } from '../../src/wire/kafka/messages/metadata.ts'
import { SaslAuthenticateRequest, SaslAuthenticateResponse } from '../../src/wire/kafka/messages/sasl-authenticate.ts'
import { SaslHandshakeRequest, SaslHandshakeResponse } from '../../src/wire/kafka/messages/sasl-handshake.ts'
import { rule } from '../failure.ts'
import { KafkaLink } from '../kafka/link.ts'
import type { Actor, World } from '../world.ts'
import { type AccessModel, GUARDED } from './model.ts'
import { saltedPassword } from './officer.ts'

/** Logs in with the password that it knows of, and looks at the guarded topic: it sees it if, and only if, that is allowed. */
export class Guest implements Actor {
  private readonly world: World
  private readonly model: AccessModel
  private readonly name: string

  constructor(world: World, model: AccessModel, name: string) {
    this.world = world
    this.model = model
    this.name = name
  }

  begin(): void {
    this.connect()
  }

  drain(): void {}

  done(): boolean {
    return true
  }

  end(): void {}

  private connect(): void {
    const again = () => this.world.clock.after(50 + this.world.dice.unit() * 300, () => this.connect())
    const password = this.model.sure(`password ${this.name}`)
    const { version } = this.model
    const wire = password === null || password === '' ? null : this.world.net.connect(9093)
    if (wire === null) {
      again()
      return
    }
    const link = new KafkaLink(wire, again)
    link.ask(SaslHandshakeRequest, SaslHandshakeResponse, 1, { mechanism: 'SCRAM-SHA-256' }, ({ errorCode }) => {
      rule(errorCode === 0, 'SCRAM is offered')
      this.logIn(link, password!, version)
    })
  }

  /** `version` is the model's when the password was sure. */
  private logIn(link: KafkaLink, password: string, version: number): void {
    const first = `n=${this.name},r=nonce`
    // Now and then somebody who does not know the password tries.
    const tried = this.world.dice.chance(0.1) ? 'guessed' : password
    const say = (text: string, then: (errorCode: number, text: string) => void) => {
      const authBytes = Buffer.from(text)
      link.ask(SaslAuthenticateRequest, SaslAuthenticateResponse, 2, { authBytes }, (answer) =>
        then(answer.errorCode, Buffer.from(answer.authBytes).toString()),
      )
    }
    say(`n,,${first}`, (refused, challenge) => {
      if (refused !== 0) {
        rule(version !== this.model.version, `${this.name} is not known`)
        return
      }
      say(finalMessage(first, challenge, tried), (errorCode) => {
        const changed = version !== this.model.version
        if (errorCode === 0) rule(tried === password, 'nobody logs in with another password')
        else rule(changed || tried !== password, `${this.name} is refused with the right password`)
        this.world.add(errorCode === 0 ? 'logins' : 'logins refused')
        if (errorCode === 0) this.look(link)
      })
    })
  }

  private look(link: KafkaLink): void {
    if (!link.open) return
    const { model, world } = this
    const { version } = model
    const topics = [{ name: GUARDED }]
    link.ask(MetadataRequest, MetadataResponse, 9, { topics, allowAutoTopicCreation: false }, (answer) => {
      const isDenied = answer.topics[0]!.errorCode === ErrorCode.TOPIC_AUTHORIZATION_FAILED
      const may = model.mayDescribe(this.name)
      if (version === model.version && may !== null) {
        rule(isDenied === !may, `${this.name} ${isDenied ? 'may not' : 'may'} know of '${GUARDED}'`)
        world.add(isDenied ? 'requests denied' : 'requests allowed')
      }
      if (world.dice.chance(0.1)) link.break('end')
      else world.clock.after(world.dice.unit() * 200, () => this.look(link))
    })
  }
}

/** The client's proof (RFC 5802). */
function finalMessage(first: string, challenge: string, password: string): string {
  const clientKey = createHmac('sha256', saltedPassword(password)).update('Client Key').digest()
  const withoutProof = `c=biws,${challenge.split(',')[0]}`
  const signature = createHmac('sha256', createHash('sha256').update(clientKey).digest())
    .update(`${first},${challenge},${withoutProof}`)
    .digest()
  const proof = Buffer.from(clientKey.map((byte, at) => byte ^ signature[at]!))
  return `${withoutProof},p=${proof.toString('base64')}`
}

import type { Broker } from '../../src/broker/broker.ts'
import type { SchemaGiven } from '../../src/broker/subject/prepare.ts'
import { register } from '../../src/broker/subject/register.ts'
import { removeSubject } from '../../src/broker/subject/remove.ts'
import type { SchemaReference } from '../../src/core/subject/content.ts'
import { readName } from '../../src/core/subject/name.ts'
import { isRefused } from '../../src/core/subject/refusals.ts'
import { rule } from '../failure.ts'
import type { Actor, World } from '../world.ts'
import { RegistryModel } from './model.ts'

const SUBJECTS = ['s0', 's1', 's2', ':.c:s0']
/** A schema that others refer to. */
const PART = 's0'

/** Registers schemas under a few subjects and deletes them: whoever was told an id finds its schema there after every crash, and no other. */
export class Registrar implements Actor {
  private readonly world: World
  private readonly model = new RegistryModel()
  private life = 0

  constructor(world: World) {
    this.world = world
  }

  begin(): void {
    this.later()
  }

  drain(): void {}

  done(): boolean {
    this.look()
    return this.model.waiting === 0
  }

  end(): void {
    this.look()
  }

  toString(): string {
    return `the registrar waits for ${this.model.waiting} answers`
  }

  private later(): void {
    this.world.clock.after(this.world.dice.unit() * 20, () => {
      this.look()
      const broker = this.world.process?.broker
      if (broker !== undefined && !this.world.draining) this.act(broker)
      this.later()
    })
  }

  private look(): void {
    const { world } = this
    const registry = world.process?.broker?.subjects.registry
    if (registry === undefined) return
    registry.invariants()
    if (this.life !== world.life) {
      this.model.recovered(registry, SUBJECTS)
      if (this.life > 0) world.add('registries recovered')
      this.life = world.life
    } else for (const subject of SUBJECTS) this.model.look(registry, subject)
  }

  private act(broker: Broker): void {
    const { dice } = this.world
    const free = SUBJECTS.filter((subject) => this.model.isFree(subject))
    if (free.length === 0) return
    const subject = dice.pick(free)
    if (dice.chance(0.7)) this.register(broker, subject)
    else this.remove(broker, subject, dice.chance(0.5))
  }

  private register(broker: Broker, subject: string): void {
    const { dice, life } = this.world
    const refers =
      subject === 's1' && dice.chance(0.3) && broker.subjects.registry.subject(readName(PART)) !== undefined
    const given = schemaOf(dice.below(5), dice.chance(0.1) ? dice.between(1, 3000) : 0, refers)
    this.model.wish(subject, { kind: 'register', schema: given.schema })
    register(broker, { name: readName(subject), id: null, version: null }, given, null, (outcome) => {
      if (life !== this.world.life) return
      this.model.answered(broker.subjects.registry, subject)
      this.world.add(isRefused(outcome) ? 'registrations refused' : 'schemas registered')
      if (!isRefused(outcome)) this.model.told(subject, outcome.version, outcome.entry.id, given.schema)
    })
  }

  private remove(broker: Broker, subject: string, permanent: boolean): void {
    const { life } = this.world
    this.model.wish(subject, { kind: 'delete', permanent })
    removeSubject(broker, readName(subject), permanent, (outcome) => {
      if (life !== this.world.life) return
      this.model.answered(broker.subjects.registry, subject)
      this.world.add(isRefused(outcome) ? 'deletions of subjects refused' : 'subjects deleted')
      const gone = permanent && !isRefused(outcome)
      rule(!gone || broker.subjects.registry.subject(readName(subject)) === undefined, `${subject} is not gone`)
    })
  }
}

/** Any of these may follow any other: their fields have defaults. */
function schemaOf(kind: number, length: number, refers: boolean): SchemaGiven {
  const doc = length > 0 ? { doc: 'x'.repeat(length) } : {}
  const fields: object[] = Array.from({ length: kind }, (_, n) => ({ name: `f${n}`, type: 'int', default: n }))
  if (refers) fields.push({ name: 'part', type: ['null', 'R'], default: null })
  const references: SchemaReference[] = refers ? [{ name: 'R', subject: PART, version: -1 }] : []
  const name = refers ? 'Whole' : 'R'
  return {
    type: 'AVRO',
    schema: JSON.stringify({ type: 'record', name, ...doc, fields }),
    references,
    metadata: null,
    ruleSet: null,
  }
}

import { Record } from '../../src/broker/records.ts'
import type { SubjectFact } from '../../src/core/subject/fact.ts'
import { Registry } from '../../src/core/subject/registry.ts'
import { CRASHES, ignoreRecords, type Mutant, replace } from '../mutant.ts'

/** Nobody else is there: the registrar gets all the steps. */
const ALONE = { queues: 0, readers: 0, steward: false, passing: false, streams: 0, tables: 0 }
const REGISTRAR = { ...CRASHES, ...ALONE, registrar: true }
/** Checkpoints, often. */
const SHORT = { ...REGISTRAR, growth: 4096 }

/** The checkpoint tells something else of the registry. */
function takeOf(change: (fact: SubjectFact) => SubjectFact | null): void {
  replace(
    Registry,
    'facts',
    (original) =>
      function* (this: Registry) {
        for (const fact of Reflect.apply(original, this, []) as Iterable<SubjectFact>) {
          const changed = change(fact)
          if (changed !== null) yield changed
        }
      },
  )
}

export const REGISTRY_MUTANTS: readonly Mutant[] = [
  {
    name: 'recovery passes over what was registered since the checkpoint',
    swarm: REGISTRAR,
    plant() {
      ignoreRecords(Record.subject)
    },
  },
  {
    name: 'the registry is not in the checkpoint',
    swarm: SHORT,
    plant() {
      takeOf(() => null)
    },
  },
  {
    name: 'softly deleted versions are back after a checkpoint',
    swarm: SHORT,
    plant() {
      takeOf((fact) => (fact.kind === 'version' ? { ...fact, deleted: false } : fact))
    },
  },
  {
    name: 'the id of a schema that is gone is given again',
    swarm: REGISTRAR,
    plant() {
      replace(
        Registry,
        'lastId',
        (original) =>
          function (this: Registry, context: string) {
            let id = Reflect.apply(original, this as never, [context] as never) as number
            while (id > 0 && this.byId(context, id) === undefined) id--
            return id
          } as never,
      )
    },
  },
  {
    name: 'the checkpoint forgets which ids were given out',
    swarm: SHORT,
    rare: true,
    plant() {
      takeOf((fact) => (fact.kind === 'last-id' ? null : fact))
    },
  },
]

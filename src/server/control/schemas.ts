import type { Broker } from '../../broker/broker.ts'
import { refused } from '../../broker/done.ts'
import { type Answer, type Arguments, type Command, need } from './command.ts'

type Run = (broker: Broker, args: Arguments, answer: (answer: Answer) => void) => void
type Shape = Pick<Command, 'about' | 'flags'> & Partial<Pick<Command, 'reads' | 'writes'>>

/** What says which schema is meant. */
const WHICH = ['subject', 'version', 'id']
const GIVEN = ['subject', 'type', 'references', 'normalize?']
const SCHEMA = { as: 'schema', json: false } as const

/** The verbs are loaded when one is asked for: what reads schemas is not small. They wait for room and for the disk themselves. */
function lazy(shape: Shape, load: () => Promise<Run>): Command {
  return {
    ...shape,
    changes: false,
    run: (broker, args, answer) => {
      // Read before anything is loaded, so that what is missing is told at once.
      if (shape.flags.includes('subject') && shape.reads !== undefined) need(args, 'subject')
      const durable = (given: Answer) => broker.turn.hold(broker.subjects.position, { release: () => answer(given) })
      load()
        .then((run) => run(broker, args, durable))
        .catch((error: Error) => answer(refused('invalid', error.message)))
    },
  }
}

export const SCHEMAS: Readonly<Record<string, Command>> = {
  'schemas list': lazy(
    {
      about: "subjects, with their newest schema's type and id, and their compatibility level",
      flags: ['prefix', 'deleted?'],
    },
    async () => (await import('../registry/list.ts')).list,
  ),
  'schemas show': lazy(
    { about: "a schema: a subject's newest, its --version N, or that with --id N", flags: WHICH },
    async () => (await import('../registry/show.ts')).show,
  ),
  'schemas register': lazy(
    { about: 'register the schema in FILE; --type AVRO or JSON, --references as JSON', flags: GIVEN, reads: SCHEMA },
    async () => (await import('../registry/register.ts')).registerFile,
  ),
  'schemas check': lazy(
    {
      about: 'say whether the schema in FILE may be registered, and if not what to change',
      flags: GIVEN,
      reads: SCHEMA,
    },
    async () => (await import('../registry/check.ts')).check,
  ),
  'schemas diff': lazy(
    {
      about: 'say in words what changed between two versions, the last two unless told otherwise',
      flags: ['subject', 'from', 'to'],
    },
    async () => (await import('../registry/diff.ts')).diff,
  ),
  'schemas types': lazy(
    { about: 'print TypeScript types for what a schema describes', flags: WHICH },
    async () => (await import('../registry/types.ts')).types,
  ),
  'schemas export': lazy(
    { about: 'everything in the registry, with its ids', flags: [], writes: true },
    async () => (await import('../registry/export.ts')).exportAll,
  ),
  'schemas import': lazy(
    {
      about: "take in what 'schemas export' or GET /schemas of another registry gave, with its ids",
      flags: [],
      reads: { as: 'schemas', json: true },
    },
    async () => (await import('../registry/import.ts')).importAll,
  ),
}

import { VHost } from '../../src/broker/vhost.ts'
import { Permissions } from '../../src/core/access/permissions.ts'
import { Users } from '../../src/core/access/users.ts'
import { Parameters } from '../../src/core/policy/parameters.ts'
import { CRASHES, type Mutant, replace } from '../mutant.ts'

const STEWARD = { ...CRASHES, steward: true }

export const TENANT_MUTANTS: readonly Mutant[] = [
  {
    name: 'a vhost that is made again has the parameters of the old one',
    swarm: STEWARD,
    plant() {
      replace(Parameters, 'forget', () => () => {})
    },
  },
  {
    name: 'a deleted user keeps its permissions',
    swarm: STEWARD,
    plant() {
      replace(Permissions, 'forget', () => () => {})
    },
  },
  {
    name: 'an older user wins over a newer one',
    swarm: STEWARD,
    plant() {
      replace(
        Users,
        'set',
        (original) =>
          function (this: Users, id: number, user: { name: string }) {
            return this.get(user.name) === undefined && Reflect.apply(original, this as never, [id, user])
          },
      )
    },
  },
  {
    name: 'policies do not count',
    swarm: STEWARD,
    plant() {
      replace(Parameters, 'of', () => () => [])
    },
  },
  {
    name: 'what a vhost is called is not in the checkpoint',
    swarm: { ...STEWARD, growth: 4096 },
    plant() {
      let recovering = true
      replace(
        VHost,
        'describe',
        (original) =>
          function (this: VHost, metadata: VHost['metadata']) {
            recovering = !recovering
            return recovering ? undefined : Reflect.apply(original, this as never, [metadata])
          },
      )
    },
  },
]

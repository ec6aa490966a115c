import { Record } from '../../src/broker/records.ts'
import type { Acl } from '../../src/core/access/acl.ts'
import { Acls } from '../../src/core/access/acls.ts'
import { Quotas } from '../../src/core/quota/quotas.ts'
import { Ask } from '../../src/kafka/security/authorizer.ts'
import { Scram } from '../../src/kafka/security/scram.ts'
import { CRASHES, ignoreRecordsWhere, type Mutant, replace } from '../mutant.ts'

/** Nobody but those who look after access. */
const ACCESS = { publishers: 0, consumers: 0, queues: 0, producers: 1, readers: 1, members: 0, workers: 0, officers: 1 }

/** Recovery passes over definitions of one kind. */
function ignoreDefinitions(kind: string): void {
  ignoreRecordsWhere((type, record) => type === Record.definition && Buffer.from(record).includes(`"kind":"${kind}"`))
}

export const ACCESS_MUTANTS: readonly Mutant[] = [
  {
    name: 'a deleted ACL is there again after a restart',
    swarm: { ...ACCESS, ...CRASHES },
    plant() {
      ignoreDefinitions('acl-gone')
    },
  },
  {
    name: 'quotas are forgotten by a restart',
    swarm: { ...ACCESS, ...CRASHES },
    plant() {
      ignoreDefinitions('client-quota')
    },
  },
  {
    name: 'a decision is remembered although an ACL has changed',
    swarm: ACCESS,
    plant() {
      replace(
        Ask,
        'remembered',
        (original) =>
          function (this: { authorizer: { acls: Acls } }, key: string, decide: () => boolean) {
            const { acls } = this.authorizer
            const { epoch } = acls
            acls.epoch = 0
            const decision = Reflect.apply(original, this, [key, decide])
            acls.epoch = epoch
            return decision
          },
      )
    },
  },
  {
    name: 'a permission wins over a denial',
    swarm: ACCESS,
    plant() {
      replace(
        Acls,
        'verdict',
        (original) =>
          function (this: Acls, asker: { principal: string }, ...rest: never[]) {
            const allows = (acl: Acl) => acl.permissionType === 3 && acl.principal === asker.principal
            const verdict = Reflect.apply(original, this, [asker, ...rest])
            return verdict === 'denied' && [...this.all()].some(({ acl }) => allows(acl)) ? 'allowed' : verdict
          },
      )
    },
  },
  {
    name: 'who logs in need not know the password',
    swarm: ACCESS,
    plant() {
      replace(
        Scram,
        'final',
        () =>
          function (this: { user: string }) {
            return { ok: true, token: new Uint8Array(0), user: this.user }
          },
      )
    },
  },
  {
    name: 'a quota is kept that was taken away',
    swarm: ACCESS,
    plant() {
      replace(
        Quotas,
        'set',
        (original) =>
          function (this: Quotas, quota: { values: object }) {
            if (Object.keys(quota.values).length > 0) Reflect.apply(original, this, [quota])
          },
      )
    },
  },
]

import type { Asker, ResourceType } from '../../core/access/acl.ts'
import type { Acls, Verdict } from '../../core/access/acls.ts'

type Resource = (typeof ResourceType)[keyof typeof ResourceType]

/** Decisions that one connection remembers. */
const MOST_DECISIONS = 1024

/** Asks the ACLs, for clients that are not super users. */
export class Authorizer {
  readonly acls: Acls
  private readonly superUsers: ReadonlySet<string>
  private readonly allowUnnamed: boolean

  /** `superUsers` are principals; `allowUnnamed` says what holds for a resource that no ACL names. */
  constructor(acls: Acls, superUsers: readonly string[], allowUnnamed: boolean) {
    this.acls = acls
    this.superUsers = new Set(superUsers)
    this.allowUnnamed = allowUnnamed
  }

  isSuper(principal: string): boolean {
    return this.superUsers.has(principal)
  }

  decide(verdict: Verdict): boolean {
    return verdict === 'silent' ? this.allowUnnamed : verdict === 'allowed'
  }
}

/** What one client may do. It remembers decisions until an ACL changes. */
export class Ask {
  private readonly authorizer: Authorizer
  private readonly asker: Asker
  private readonly all: boolean
  private readonly known = new Map<string, boolean>()
  private epoch = -1

  constructor(authorizer: Authorizer, asker: Asker) {
    this.authorizer = authorizer
    this.asker = asker
    this.all = authorizer.isSuper(asker.principal)
  }

  get principal(): string {
    return this.asker.principal
  }

  may(operation: number, type: Resource, name: string): boolean {
    if (this.all) return true
    const { acls } = this.authorizer
    return this.remembered(`${operation} ${type} ${name}`, () =>
      this.authorizer.decide(acls.verdict(this.asker, operation, type, name)),
    )
  }

  /** Whether there may be a resource of that type with which the client may do this. */
  mayOnAny(operation: number, type: Resource): boolean {
    if (this.all) return true
    const { acls } = this.authorizer
    return this.remembered(`${operation} ${type}`, () =>
      this.authorizer.decide(acls.verdictOnAny(this.asker, operation, type)),
    )
  }

  /** Which of these operations the client may do, as a set of bits. */
  allowed(operations: readonly number[], type: Resource, name: string): number {
    return operations.reduce((set, operation) => (this.may(operation, type, name) ? set | (1 << operation) : set), 0)
  }

  private remembered(key: string, decide: () => boolean): boolean {
    const { epoch } = this.authorizer.acls
    if (epoch !== this.epoch || this.known.size >= MOST_DECISIONS) this.known.clear()
    this.epoch = epoch
    let decision = this.known.get(key)
    if (decision === undefined) this.known.set(key, (decision = decide()))
    return decision
  }
}

/** `User:` and a name: users are the only principals. */
export function principalOf(user: string): string {
  return `User:${user}`
}

export const ANONYMOUS = principalOf('ANONYMOUS')

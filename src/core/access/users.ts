import type { User } from './user.ts'

interface Entry {
  readonly id: number
  readonly user: User
}

/** The users by name. Each change has an id that grows, so that applying one twice is applying it once. */
export class Users {
  private readonly byName = new Map<string, Entry>()

  get size(): number {
    return this.byName.size
  }

  get(name: string): User | undefined {
    return this.byName.get(name)?.user
  }

  /** False if what is known is newer. */
  set(id: number, user: User): boolean {
    const known = this.byName.get(user.name)
    if (known !== undefined && known.id >= id) return false
    this.byName.set(user.name, { id, user })
    return true
  }

  delete(name: string): boolean {
    return this.byName.delete(name)
  }

  *all(): Generator<{ readonly id: number; readonly user: User }> {
    yield* this.byName.values()
  }
}

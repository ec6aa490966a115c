/** Decisions that one connection remembers. */
const MOST = 1024

/**
 * What was decided for one connection before, so that no regular expression is looked at twice. All of it is forgotten when anything
 * about users or permissions changes, which the epoch tells.
 */
export class Decisions {
  private readonly known = new Map<string, boolean>()
  private epoch = -1

  /** `decide` is asked if nothing is remembered under `key`. */
  get(epoch: number, key: string, decide: () => boolean): boolean {
    if (epoch !== this.epoch || this.known.size >= MOST) this.known.clear()
    this.epoch = epoch
    const known = this.known.get(key)
    if (known !== undefined) return known
    const decided = decide()
    this.known.set(key, decided)
    return decided
  }
}

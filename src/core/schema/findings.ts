import { type Incompatibility, MAX_INCOMPATIBILITIES } from './incompatibility.ts'

/** The most steps and the deepest nesting of one comparison: unions of unions, and cycles of different lengths, multiply. */
const MAX_STEPS = 500_000
const MAX_DEPTH = 400

class TooComplex extends Error {}

const tooComplex: Incompatibility = {
  kind: 'SCHEMA_TOO_COMPLEX',
  path: '',
  message: `The comparison of the two schemas was given up after ${MAX_STEPS} steps, or at a depth of ${MAX_DEPTH}`,
  subject: '',
  advice: 'Divide the schema: fewer unions in one another, and smaller ones.',
}

/** What is known of a pair of types. */
interface Pair {
  bad: boolean
  /** Whether what is wrong has been noted. Within an alternative it is not. */
  told: boolean
}

/** Collects what a comparison of two schemas finds, and keeps it finite. What compares returns whether something is wrong. */
export class Findings {
  private readonly found: Incompatibility[] = []
  /** Pairs compared or being compared: in a recursive schema a comparison comes back to where it began. */
  private readonly pairs = new Map<object, Map<object, Pair>>()
  /** The pairs in the order in which they came. */
  private readonly order: [object, object][] = []
  private silent = 0
  private steps = 0
  private depth = 0

  /** Runs a whole comparison. */
  of(run: () => void): Incompatibility[] {
    try {
      run()
    } catch (error) {
      if (!(error instanceof TooComplex)) throw error
      this.found.push(tooComplex)
    }
    return this.found
  }

  /** Notes something that is wrong. Returns true, which is what it means for who compares. */
  note(incompatibility: Incompatibility): true {
    if (this.silent === 0 && this.found.length < MAX_INCOMPATIBILITIES) this.found.push(incompatibility)
    return true
  }

  /** One level deeper. */
  within(run: () => boolean): boolean {
    if (++this.steps > MAX_STEPS || ++this.depth > MAX_DEPTH) throw new TooComplex()
    const bad = run()
    this.depth -= 1
    return bad
  }

  /** Whether something is wrong, without a note of it. */
  silently(run: () => boolean): boolean {
    this.silent += 1
    const bad = run()
    this.silent -= 1
    return bad
  }

  /** Compares two types that may contain themselves, unless that has been done. */
  once(reader: object, writer: object, run: () => boolean): boolean {
    let known = this.pairs.get(reader)
    if (known === undefined) this.pairs.set(reader, (known = new Map()))
    const before = known.get(writer)
    if (before !== undefined && (!before.bad || before.told || this.silent > 0)) return before.bad
    // While it is being compared it is taken to fit: if it does not, that is found elsewhere in it.
    const pair = { bad: false, told: this.silent === 0 }
    known.set(writer, pair)
    const mark = this.order.push([reader, writer])
    pair.bad = run()
    // What was found to fit meanwhile was so because this was taken to fit.
    if (pair.bad) for (const [one, other] of this.order.splice(mark)) this.forget(one, other)
    return pair.bad
  }

  private forget(reader: object, writer: object): void {
    const known = this.pairs.get(reader)
    if (known?.get(writer)?.bad === false) known.delete(writer)
  }
}

import type { Binding } from './binding.ts'
import type { Bindings, MessageHeaders } from './bindings.ts'
import { type Destination, Destinations } from './destination.ts'
import type { ExchangeKind } from './kind.ts'

export const TOPIC: ExchangeKind = { make: () => new TopicBindings() }

/** One word of the patterns that begin alike. */
class Node {
  /** Whether the word that leads here is '#': then any further word stays here as well. */
  readonly isHash: boolean
  /** The words that may follow; '*' and '#' have places of their own. */
  words: Map<string, Node> | null = null
  star: Node | null = null
  hash: Node | null = null
  destinations: Destinations | null = null
  /** The step of the walk that last came here: a node is visited once per word, however many ways lead to it. */
  step = 0

  constructor(isHash: boolean) {
    this.isHash = isHash
  }

  get isEmpty(): boolean {
    return this.destinations === null && this.words === null && this.star === null && this.hash === null
  }

  child(word: string): Node | null {
    if (word === '*') return this.star
    if (word === '#') return this.hash
    return this.words?.get(word) ?? null
  }

  addChild(word: string): Node {
    const node = new Node(word === '#')
    if (word === '*') this.star = node
    else if (word === '#') this.hash = node
    else if (this.words === null) this.words = new Map([[word, node]])
    else this.words.set(word, node)
    return node
  }

  removeChild(word: string): void {
    if (word === '*') this.star = null
    else if (word === '#') this.hash = null
    else if (this.words?.delete(word) && this.words.size === 0) this.words = null
  }
}

/**
 * Patterns of words separated by dots: `*` stands for exactly one word, `#` for any number of them, also none. The empty
 * key has no words; `a.` has two, the second one empty.
 *
 * The patterns are a trie, and a key walks all its matching ways at once, word by word, as a set of nodes. What does not
 * match costs nothing, and a pattern with many `#` costs no more than its own length for each word of the key.
 */
export class TopicBindings implements Bindings {
  readonly keys = 'each'
  readonly varies = false
  private readonly root = new Node(false)
  private current: Node[] = []
  private next: Node[] = []
  private step = 0

  bind(binding: Binding): void {
    let node = this.root
    for (const word of wordsOf(binding.key)) node = node.child(word) ?? node.addChild(word)
    if (node.destinations === null) node.destinations = new Destinations()
    node.destinations.add(binding.destination)
  }

  unbind(binding: Binding): void {
    const path = [this.root]
    const words = wordsOf(binding.key)
    for (const word of words) {
      const child = path.at(-1)!.child(word)
      if (child === null) return
      path.push(child)
    }
    const end = path.at(-1)!
    end.destinations?.remove(binding.destination)
    if (end.destinations?.all.length === 0) end.destinations = null
    for (let i = words.length; i > 0 && path[i]!.isEmpty; i--) path[i - 1]!.removeChild(words[i - 1]!)
  }

  route(key: string, _headers: MessageHeaders, out: Destination[]): void {
    this.current.length = 0
    this.step++
    this.enter(this.root, this.current)
    for (let from = 0; key !== '' && from <= key.length; ) {
      const dot = key.indexOf('.', from)
      const to = dot < 0 ? key.length : dot
      this.advance(key.slice(from, to))
      from = to + 1
    }
    for (let i = 0; i < this.current.length; i++) {
      const all = this.current[i]!.destinations?.all
      if (all === undefined) continue
      for (let j = 0; j < all.length; j++) out.push(all[j]!)
    }
  }

  private advance(word: string): void {
    const { current, next } = this
    next.length = 0
    this.step++
    for (let i = 0; i < current.length; i++) {
      const node = current[i]!
      if (node.isHash) this.enter(node, next)
      if (node.words !== null) this.enter(node.words.get(word) ?? null, next)
      this.enter(node.star, next)
    }
    this.current = next
    this.next = current
  }

  /** Adds a node to the set, and the '#' below it, which may stand for no word at all. */
  private enter(entered: Node | null, set: Node[]): void {
    for (let node = entered; node !== null && node.step !== this.step; node = node.hash) {
      node.step = this.step
      set.push(node)
    }
  }
}

function wordsOf(key: string): string[] {
  return key === '' ? [] : key.split('.')
}

import type { Inode } from './inode.ts'
import type { Dice } from './random.ts'

type Operation =
  | { kind: 'directory'; path: string }
  | { kind: 'create'; path: string; inode: Inode }
  | { kind: 'rename'; from: string; to: string }
  | { kind: 'remove'; path: string }

interface View {
  readonly files: Map<string, Inode>
  readonly directories: Set<string>
}

/** The directory part of a path; '' is the root. */
export function directoryOf(path: string): string {
  const slash = path.lastIndexOf('/')
  return slash < 0 ? '' : path.slice(0, slash)
}

/** Names twice: as the process sees them, and as they are on the platter, with the operations in between. */
export class Names {
  readonly seen: View
  readonly durable: View
  private operations: Operation[] = []

  constructor(files = new Map<string, Inode>(), directories = new Set<string>([''])) {
    this.seen = { files: new Map(files), directories: new Set(directories) }
    this.durable = { files: new Map(files), directories: new Set(directories) }
  }

  do(operation: Operation): void {
    apply(this.seen, operation)
    this.operations.push(operation)
  }

  /** Puts the operations in one directory on the platter, and those before them that they rest on. */
  settle(directory: string): void {
    this.operations = this.operations.filter((operation) => {
      if (!touches(operation, directory)) return true
      apply(this.durable, operation)
      return false
    })
  }

  /**
   * The names as a power loss might leave them: of what was not synced a prefix, as journalling file systems keep it, or
   * any of the operations that are possible without the others.
   */
  afterLoss(dice: Dice): { names: Names; lost: number } {
    const view = { files: new Map(this.durable.files), directories: new Set(this.durable.directories) }
    const ordered = dice.chance(0.5)
    const cut = dice.below(this.operations.length + 1)
    let lost = 0
    this.operations.forEach((operation, i) => {
      if ((ordered ? i < cut : dice.chance(0.5)) && possible(view, operation)) apply(view, operation)
      else lost++
    })
    for (const path of view.files.keys()) if (!view.directories.has(directoryOf(path))) view.files.delete(path)
    return { names: new Names(view.files, view.directories), lost }
  }
}

function touches(operation: Operation, directory: string): boolean {
  if (operation.kind !== 'rename') return directoryOf(operation.path) === directory
  return directoryOf(operation.from) === directory || directoryOf(operation.to) === directory
}

function possible(view: View, operation: Operation): boolean {
  if (operation.kind === 'rename') return view.files.has(operation.from)
  return operation.kind !== 'remove' || view.files.has(operation.path)
}

function apply(view: View, operation: Operation): void {
  switch (operation.kind) {
    case 'directory':
      view.directories.add(operation.path)
      break
    case 'create':
      view.files.set(operation.path, operation.inode)
      break
    case 'rename': {
      const inode = view.files.get(operation.from)
      if (inode === undefined) break
      view.files.delete(operation.from)
      view.files.set(operation.to, inode)
      break
    }
    case 'remove':
      view.files.delete(operation.path)
  }
}

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

/** Every `from './x.ts'` and `import('./x.ts')` of a declaration file. */
const IMPORTS = /((?:from|import)\s*\(?\s*['"])(\.[^'"]+)\.ts(['"])/g

/**
 * Copies the declarations that the package's entries lead to, and no others, from dist/src to dist/types. The compiler leaves `.ts` in what
 * they import; where they are used there is no such file.
 */
export function copyTypes(entries: readonly string[]): void {
  rmSync('dist/types', { recursive: true, force: true })
  const waiting = entries.map((entry) => resolve(entry.replace(/^src/, 'dist/src').replace(/\.ts$/, '.d.ts')))
  const seen = new Set(waiting)
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    const from = dirname(file)
    const text = readFileSync(file, 'utf8').replace(IMPORTS, (_, before: string, path: string, after: string) => {
      const target = resolve(from, `${path}.d.ts`)
      if (!seen.has(target)) waiting.push(target)
      seen.add(target)
      return `${before}${path}.js${after}`
    })
    const to = join('dist/types', relative('dist/src', file))
    mkdirSync(dirname(to), { recursive: true })
    writeFileSync(to, text.replace(/^\/\/# sourceMappingURL=.*$/m, ''))
  }
}

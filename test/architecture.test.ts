import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

const root = new URL('../../', import.meta.url)
const text = readFileSync(new URL('ARCHITECTURE.md', root), 'utf8')

/** Rows of the tables of steps: what stands in backquotes in the columns of functions and files. */
function steps(): { functions: string[]; files: string[] }[] {
  const rows = [...text.matchAll(/^\| \d+ +\|[^|]*\|([^|]*)\|([^|]*)\|$/gm)]
  const quoted = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1])
  return rows.map(([, functions, files]) => ({ functions: quoted(functions), files: quoted(files) }))
}

test('each way has ten steps at most, and each step is a function in the file that is named', () => {
  const all = steps()
  assert.equal(all.length, 20)
  for (const { functions, files } of all) {
    const sources = files.map((file) => {
      assert.ok(existsSync(new URL(file, root)), `${file} is there`)
      return readFileSync(new URL(file, root), 'utf8')
    })
    for (const name of functions)
      assert.ok(sources.some((source) => defines(source, name)) || elsewhere(name), `${name} is in ${files.join(', ')}`)
  }
})

/** `Class.method`, or a function of that name. */
function defines(source: string, name: string): boolean {
  const [holder, member] = name.split('.')
  if (member === undefined) return new RegExp(`function ${name}\\(`).test(source)
  return (
    new RegExp(`class ${holder}\\b`).test(source) &&
    new RegExp(`^  (?:private |readonly )*(?:readonly )?${member}(?:\\(| = )`, 'm').test(source)
  )
}

/** Steps that begin where another step ended name its file there. */
function elsewhere(name: string): boolean {
  return steps().some(
    ({ functions, files }) =>
      functions.includes(name) && files.some((file) => defines(readFileSync(new URL(file, root), 'utf8'), name)),
  )
}

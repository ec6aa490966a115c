import type { Measured, Summary } from './figures.ts'
import type { Row, Target } from './row.ts'

const HEAD = ['case', 'unit', 'peer', 'ours', 'ratio', 'at least', 'goal', 'met']

/** The rows of which anything was measured, as a Markdown table with aligned columns. */
export function table(rows: readonly Row[], figures: Measured): string {
  const lines = rows.map((row) => cells(row, figures)).filter((line) => line !== null)
  if (lines.length === 0) return 'Nothing was measured.'
  const all = [HEAD, ...lines]
  const widths = HEAD.map((_, column) => Math.max(...all.map((line) => line[column]!.length)))
  const text = (line: readonly string[]) => `| ${line.map((cell, at) => cell.padEnd(widths[at]!)).join(' | ')} |`
  return [text(HEAD), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...lines.map(text)].join('\n')
}

function cells(row: Row, figures: Measured): readonly string[] | null {
  const ours = figures.summary(row.side ?? 'ours', row.figure)
  const peer = row.peer === null ? null : figures.summary(row.peer, row.peerFigure ?? row.figure)
  if (ours === null && peer === null) return null
  const ratio = ours === null || peer === null ? null : ours.median / peer.median
  return [
    row.title,
    row.unit,
    spread(peer, row),
    spread(ours, row),
    ratio === null ? '' : `${short(ratio)}x`,
    wanted(row.least, row),
    wanted(row.goal, row),
    verdict(row, ours, ratio),
  ]
}

function spread(summary: Summary | null, row: Row): string {
  if (summary === null) return ''
  const [median, min, max] = [summary.median, summary.min, summary.max].map((one) => short(one / (row.per ?? 1)))
  return summary.n === 1 ? median! : `${median} (n ${summary.n}, ${min}-${max})`
}

function wanted(target: Target | null, row: Row): string {
  if (target === null) return ''
  const sign = row.better === 'more' ? '>=' : '<='
  return 'times' in target ? `${sign} ${target.times}x` : `${sign} ${target.value} ${row.unit}`
}

function verdict(row: Row, ours: Summary | null, ratio: number | null): string {
  if (ours === null) return 'not measured'
  const reached = (target: Target | null) => {
    if (target === null) return null
    const is = 'times' in target ? ratio : ours.median / (row.per ?? 1)
    if (is === null) return null
    const bound = 'times' in target ? target.times : target.value
    return row.better === 'more' ? is >= bound : is <= bound
  }
  if (reached(row.goal) === true) return 'goal'
  const least = reached(row.least)
  if (least === null) return ''
  return least ? 'yes' : 'NO'
}

function short(value: number): string {
  if (value >= 1e6) return `${(value / 1e6).toPrecision(3)} M`
  if (value >= 1e4) return `${(value / 1e3).toPrecision(3)} k`
  if (value >= 100) return value.toFixed(0)
  return String(Number(value.toPrecision(3)))
}

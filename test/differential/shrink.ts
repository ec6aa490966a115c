/** Leaves out commands as long as the two sides still differ: what is left is what matters. */
export async function shrink<T>(
  commands: readonly T[],
  fails: (commands: readonly T[]) => Promise<boolean>,
): Promise<T[]> {
  let best = [...commands]
  for (let size = Math.ceil(best.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < best.length; ) {
      const fewer = [...best.slice(0, from), ...best.slice(from + size)]
      if (fewer.length > 0 && (await fails(fewer))) best = fewer
      else from += size
    }
  }
  return best
}

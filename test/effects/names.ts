export const PARTITIONS = 3

/** What the application calls its queues and topics, on a broker that others may use, too. */
export function namesOf(suffix: string) {
  const [charges, paid, shipments, shipped, group] = ['charges', 'paid', 'shipments', 'shipped', 'billing'].map(
    (of) => of + suffix,
  ) as [string, string, string, string, string]
  return { charges, paid, shipments, shipped, group }
}

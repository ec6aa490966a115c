/** What a recorded process did, in order: to its disk, and to its clients. */
export type RecordedEvent =
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 'create'; readonly path: string }
  | { readonly kind: 'rename'; readonly from: string; readonly to: string }
  | { readonly kind: 'remove'; readonly path: string }
  | { readonly kind: 'directory synced'; readonly path: string }
  | { readonly kind: 'write'; readonly file: number; readonly position: number; readonly bytes: Uint8Array }
  | { readonly kind: 'truncate'; readonly file: number; readonly size: number }
  /** A file was opened under this number; it keeps it whatever its name becomes. */
  | { readonly kind: 'open'; readonly path: string; readonly file: number }
  | { readonly kind: 'sync'; readonly file: number; readonly sync: number }
  /** Only now it is certain. */
  | { readonly kind: 'synced'; readonly sync: number }
  /** Bytes went to a client, over the connection of this name: both know it. */
  | { readonly kind: 'sent'; readonly connection: string; readonly length: number }

/** Names connections by their ports, and counts those that had the same ones before: the system uses a port again, and for two servers at a time. */
export class ConnectionNames {
  private readonly counts = new Map<string, number>()

  next(serverPort: number, clientPort: number): string {
    const ports = `${serverPort} ${clientPort}`
    const count = (this.counts.get(ports) ?? 0) + 1
    this.counts.set(ports, count)
    return `${ports} ${count}`
  }
}

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
  /** Bytes went to a client; it is known by its port. */
  | { readonly kind: 'sent'; readonly port: number; readonly length: number }

/**
 * The file system of one data directory. Paths are relative to it and use '/'.
 *
 * Two sorts of calls. The synchronous ones serve start-up and shutdown, when nobody waits. While the broker runs only
 * those with a `done` callback are used; `done` is never called before the call has returned.
 */
export interface Disk {
  /** Names in a directory, sorted; a directory that does not exist is empty. */
  list(directory: string): string[]
  exists(path: string): boolean
  makeDirectory(path: string): void
  /** Opens for reading and writing; 'create' makes an empty file, and empties one that is there. */
  open(path: string, mode: 'create' | 'existing'): DiskFile
  openAsync(path: string, mode: 'create' | 'existing', done: (error: Error | null, file?: DiskFile) => void): void
  rename(from: string, to: string): void
  renameAsync(from: string, to: string, done: (error: Error | null) => void): void
  remove(path: string): void
  removeAsync(path: string, done: (error: Error | null) => void): void
  /**
   * Gives a file that is never written again its name on another disk as well, without a copy; `linked` is false where that can't be, as on
   * another file system.
   */
  linkAsync(path: string, to: Disk, done: (error: Error | null, linked?: boolean) => void): void
  /** Makes creations, renames and removals in a directory durable. */
  syncDirectory(path: string): void
  syncDirectoryAsync(path: string, done: (error: Error | null) => void): void
  /** Bytes that can still be written to this file system, and, where that is known, how many it has in all. */
  freeAsync(done: (error: Error | null, bytes?: number, total?: number) => void): void
}

export interface DiskFile {
  readonly path: string
  size(): number
  /** Reads up to `length` bytes into `into` at `at`; returns how many came (fewer only at the end of the file). */
  read(into: Uint8Array, at: number, length: number, position: number): number
  readAsync(
    into: Uint8Array,
    at: number,
    length: number,
    position: number,
    done: (error: Error | null, bytesRead: number) => void,
  ): void
  /** Reads into several pieces of memory, one behind the other, as `readAsync` does into one. */
  readPartsAsync(parts: Uint8Array[], position: number, done: (error: Error | null, bytesRead: number) => void): void
  /** Writes all of it or throws. */
  write(from: Uint8Array, at: number, length: number, position: number): void
  /** Writes all of it; the bytes must not change before `done`. */
  writeAsync(from: Uint8Array, at: number, length: number, position: number, done: (error: Error | null) => void): void
  /** Waits until everything written is on the disk (fdatasync). */
  sync(): void
  syncAsync(done: (error: Error | null) => void): void
  truncate(size: number): void
  close(): void
}

/**
 * Why the store does not open, or cannot give bytes that it holds:
 * - `corrupt`: bytes that were known to be on the disk are damaged;
 * - `unreadable`: the disk does not give them back;
 * - `version`: the data were written by a newer Posthorn;
 * - `options`: the sizes asked for do not fit the data that are there;
 * - `full`: there is no space for what a start has to write.
 */
export type StoreErrorCode = 'corrupt' | 'unreadable' | 'version' | 'options' | 'full'

export class StoreError extends Error {
  override name = 'StoreError'
  readonly code: StoreErrorCode
  /** The file concerned, relative to the data directory. */
  readonly file: string | undefined
  /** The position concerned, where there is one. */
  readonly position: number | undefined

  constructor(code: StoreErrorCode, message: string, file?: string, position?: number) {
    super(message)
    this.code = code
    this.file = file
    this.position = position
  }
}

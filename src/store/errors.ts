/**
 * Why the store does not open:
 * - `corrupt`: bytes that were known to be on the disk are damaged;
 * - `version`: the data were written by a newer Posthorn;
 * - `options`: the sizes asked for do not fit the data that are there.
 */
export type StoreErrorCode = 'corrupt' | 'version' | 'options'

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

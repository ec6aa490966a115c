import type { Disk, DiskFile } from '../env/disk.ts'
import type { Background } from './background.ts'
import { isDiskFull } from './journal-files.ts'

export const BALLAST = 'BALLAST'

/** Bytes of it, where journal files are not smaller: half for the journal, half for the checkpoint that frees its files. */
const MOST = 2 * 2 ** 20

/**
 * A file of zeros that is given up when a start finds the disk full: without a few bytes to write to nothing can be consumed, and what is
 * not consumed is never freed. It is written again when there is space.
 */
export class Ballast {
  private readonly disk: Disk
  private readonly background: Background
  private readonly size: number
  /** Bytes of the disk that have to be left beside it. */
  private readonly spare: () => number
  private readonly onFatal: (error: Error) => void
  private whole: boolean
  private underWay = false

  constructor(
    disk: Disk,
    background: Background,
    fileSize: number,
    spare: () => number,
    onFatal: (error: Error) => void,
  ) {
    this.disk = disk
    this.background = background
    this.size = Math.min(MOST, fileSize)
    this.spare = spare
    this.onFatal = onFatal
    this.whole = this.sizeNow() === this.size
  }

  /** At a start: frees its space; false if there is none. */
  drop(): boolean {
    if (!this.disk.exists(BALLAST)) return false
    this.disk.remove(BALLAST)
    // The file system may count space as free only when the removal is on the disk.
    this.disk.syncDirectory('')
    this.whole = false
    return true
  }

  /** Writes it, in the background, if it is not there and there is space enough. */
  keep(): void {
    if (this.whole || this.underWay) return
    this.underWay = true
    const { disk, background } = this
    background.add((done) => {
      const over = (error: Error | null, file?: DiskFile) => {
        file?.close()
        this.underWay = false
        this.whole = error === null
        if (error !== null && !isDiskFull(error)) this.onFatal(error)
        done()
      }
      disk.freeAsync((error, free) => {
        if (error !== null || free! < this.size + this.spare()) return over(FULL)
        disk.openAsync(BALLAST, 'create', (openError, file) => {
          if (openError !== null) return over(openError)
          file!.writeAsync(new Uint8Array(this.size), 0, this.size, 0, (writeError) => {
            if (writeError !== null) over(writeError, file)
            else file!.syncAsync((syncError) => over(syncError, file))
          })
        })
      })
    })
  }

  private sizeNow(): number {
    if (!this.disk.exists(BALLAST)) return -1
    const file = this.disk.open(BALLAST, 'existing')
    const size = file.size()
    file.close()
    return size
  }
}

const FULL = Object.assign(new Error('what is free is kept for checkpoints and tidying'), { code: 'ENOSPC' })

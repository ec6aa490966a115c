import type { Disk } from '../env/disk.ts'
import type { Random } from '../env/random.ts'
import { getU32 } from '../std/bytes.ts'
import { crc32c } from '../std/crc32c.ts'
import { StoreError } from './errors.ts'
import type { JournalShape } from './frame-reader.ts'

/** Grows when older versions of Posthorn could not read what newer ones write. */
export const FORMAT_VERSION = 1

const FILE = 'VERSION'

/**
 * The shape of the journal in this data directory, from its VERSION file. Sizes are fixed when the directory is new:
 * frames do not straddle blocks, so a reader has to know them. So is the salt.
 */
export function openFormat(disk: Disk, random: Random, fileSize: number, blockSize: number): JournalShape {
  if (!disk.exists(FILE)) {
    if (disk.list('journal').length > 0) throw new StoreError('corrupt', 'VERSION is missing beside a journal', FILE)
    const bytes = new Uint8Array(4)
    random.fill(bytes)
    writeFormat(disk, { fileSize, blockSize, salt: getU32(bytes, 0) })
  }
  return readFormat(disk)
}

/** What VERSION says. */
export function readFormat(disk: Disk): JournalShape {
  const file = disk.open(FILE, 'existing')
  const bytes = new Uint8Array(256)
  const text = Buffer.from(bytes.subarray(0, file.read(bytes, 0, bytes.length, 0))).toString('latin1')
  file.close()
  const match = /^posthorn (\d+)\n(?:file (\d+)\nblock (\d+)\nsalt (\d+)\nsum (\d+)\n)?/.exec(text)
  if (match === null) throw new StoreError('corrupt', 'VERSION is not readable', FILE)
  const version = Number(match[1])
  if (version > FORMAT_VERSION) {
    const message = `the data were written by a newer Posthorn (format ${version}; this one reads ${FORMAT_VERSION})`
    throw new StoreError('version', message, FILE)
  }
  // With another salt than its own the whole journal would look like something else, that may be written over.
  if (match[5] === undefined || sumOf(match[0].slice(0, match[0].lastIndexOf('sum'))) !== Number(match[5]))
    throw new StoreError('corrupt', 'VERSION is damaged', FILE)
  return { fileSize: Number(match[2]), blockSize: Number(match[3]), salt: Number(match[4]) }
}

/** Writes VERSION. */
export function writeFormat(disk: Disk, shape: JournalShape): void {
  const text = `posthorn ${FORMAT_VERSION}\nfile ${shape.fileSize}\nblock ${shape.blockSize}\nsalt ${shape.salt}\n`
  writeWhole(disk, FILE, `${text}sum ${sumOf(text)}\n`)
}

function sumOf(text: string): number {
  return crc32c(Buffer.from(text, 'latin1'), 0, text.length)
}

/** Writes a small file so that after a power loss it is there whole or not at all. */
export function writeWhole(disk: Disk, path: string, text: string): void {
  const bytes = Buffer.from(text, 'latin1')
  const file = disk.open(`${path}.new`, 'create')
  file.write(bytes, 0, bytes.length, 0)
  file.sync()
  file.close()
  disk.rename(`${path}.new`, path)
  disk.syncDirectory('')
}

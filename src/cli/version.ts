import { VERSION } from '../server/version.ts'

export async function run(): Promise<number> {
  process.stdout.write(`posthorn ${VERSION}\n`)
  return 0
}

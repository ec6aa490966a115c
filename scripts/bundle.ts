import { chmodSync, rmSync } from 'node:fs'
import { type BuildOptions, build } from 'esbuild'
import { copyTypes } from './types.ts'

/** What the package exports: one file per subpath. */
const LIBRARY = ['posthorn', 'broker', 'testing', 'kafka', 'rabbitmq']
const WORKER = 'src/server/batch-worker.ts'

const options: BuildOptions = {
  bundle: true,
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  platform: 'node',
  format: 'esm',
  target: 'node20',
  sourcemap: true,
  sourcesContent: false,
  logLevel: 'warning',
}

/**
 * Bundles the command line into dist/bin. Four hundred small modules take a quarter of a second to load, a bundle takes a tenth. A command and
 * its modules still load only when they are run: each is a chunk of its own.
 */
rmSync('dist/bin', { recursive: true, force: true })
await build({
  ...options,
  entryPoints: { posthorn: 'src/cli/main.ts', 'batch-worker': WORKER },
  outdir: 'dist/bin',
  // Half the bytes to compile at every start; names stay, for profiles and stack traces.
  minifyWhitespace: true,
  minifySyntax: true,
  // An error that ends a process is shown with its line, which must not be a whole chunk.
  lineLimit: 200,
  // A binary can't be bundled, and codecs are loaded when a batch needs them.
  external: ['re2js', '@node-rs/crc32', 'snappyjs', 'lz4js', '@bokuweb/zstd-wasm', '@platformatic/kafka', 'amqplib'],
  // For what is bundled and still calls require.
  banner: {
    js: "import { createRequire as posthornRequire } from 'node:module'; const require = posthornRequire(import.meta.url);",
  },
})
chmodSync('dist/bin/posthorn.js', 0o755)

/**
 * Bundles the library into dist/lib, without its dependencies: an application that has them, too, has them once. What is not used (a broker, a client, a schema
 * compiler) is in chunks of its own and is not loaded.
 */
rmSync('dist/lib', { recursive: true, force: true })
const entries = LIBRARY.map((name) => [name, `src/entries/${name}.ts`] as const)
await build({
  ...options,
  entryPoints: { ...Object.fromEntries(entries), 'batch-worker': WORKER },
  outdir: 'dist/lib',
  packages: 'external',
})
copyTypes(entries.map(([, file]) => file))

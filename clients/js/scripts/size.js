// Says how large the client is for those who load it, minified and gzipped, and fails when that is 3 kB or more.
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const limit = 3000
const entry = new URL('../dist/index.js', import.meta.url).pathname
const { outputFiles } = await build({
  entryPoints: [entry],
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  write: false,
})
const code = outputFiles[0].contents
const size = gzipSync(code, { level: 9 }).length
console.log(`@latchkey/client: ${code.length} bytes minified, ${size} gzipped (below ${limit})`)
if (size >= limit) process.exitCode = 1

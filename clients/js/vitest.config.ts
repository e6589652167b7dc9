import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: { alias: { '@latchkey/client': fileURLToPath(new URL('src/index.ts', import.meta.url)) } },
  // The tests against the service wait most of the time.
  test: { testTimeout: 30_000, maxConcurrency: 20, maxWorkers: 2 },
})

import { defineConfig } from 'vitest/config'

const project = (name: string, extra: object = {}) => ({
  test: { name, include: [`test/${name}/**/*.test.ts`], ...extra },
})

/** `npm test` runs every project but `long`; `npm run test:long` runs only that one. */
export default defineConfig({
  test: {
    projects: [
      project('unit'),
      project('integration', { testTimeout: 60_000, hookTimeout: 60_000 }),
      project('e2e', { testTimeout: 90_000, hookTimeout: 90_000, fileParallelism: false }),
      project('quality', { testTimeout: 240_000 }),
      ...(process.env['BAIYUAN_LONG']
        ? [project('long', { testTimeout: 3_600_000, fileParallelism: false })]
        : []),
    ],
    globalSetup: ['test/globalSetup.ts'],
    coverage: {
      provider: 'v8',
      include: ['{broker,ingest,api,contract,domain,store,runtime,simulators}/**/*.ts'],
      reporter: ['text-summary'],
    },
  },
})

import { defineConfig } from 'vitest/config'

const project = (name: string, extra: object = {}) => ({
  test: { name, include: [`test/${name}/**/*.test.ts`], ...extra },
})

/** `npm test` runs every project but `long`; `npm run test:long` runs only that one. */
export default defineConfig({
  test: {
    projects: [
      project('unit', { testTimeout: 30_000 }),
      project('integration', { testTimeout: 60_000, hookTimeout: 60_000 }),
      project('e2e', {
        testTimeout: 120_000,
        hookTimeout: 120_000,
        fileParallelism: false,
        globalSetup: ['test/globalSetup.ts'],
      }),
      project('quality', { testTimeout: 300_000, fileParallelism: false }),
      ...(process.env['BAIYUAN_LONG']
        ? [
            project('long', {
              testTimeout: 3_600_000,
              fileParallelism: false,
              globalSetup: ['test/globalSetup.ts'],
            }),
          ]
        : []),
    ],
    coverage: {
      provider: 'v8',
      include: ['{broker,ingest,api,contract,domain,store,runtime,simulators}/**/*.ts'],
      reporter: ['text-summary'],
    },
  },
})

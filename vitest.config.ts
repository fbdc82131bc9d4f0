import os from 'node:os'
import { defineConfig } from 'vitest/config'

const project = (name: string, extra: object = {}) => ({
  test: { name, include: [`test/${name}/**/*.test.ts`], ...extra },
})

/** Tests side by side take every core; whole installations, whose kills and seconds are the subject, have the machine to themselves. */
const together = (groupOrder: number) => ({
  maxWorkers: os.availableParallelism(),
  sequence: { groupOrder },
})
const alone = (groupOrder: number) => ({ fileParallelism: false, sequence: { groupOrder } })
/** The page in a browser against made-up answers, and figures, which settle in a minute: neither is about seconds. */
const PAGE = ['test/e2e/web*.test.ts', 'test/e2e/figures.test.ts']

/** `npm test` runs every project but `long`; `npm run test:long` runs only that one. */
export default defineConfig({
  test: {
    projects: [
      project('unit', { testTimeout: 30_000, ...together(0) }),
      project('integration', {
        testTimeout: 60_000,
        hookTimeout: 60_000,
        globalSetup: ['test/globalSetup.ts'],
        ...together(0),
      }),
      project('page', {
        include: PAGE,
        testTimeout: 120_000,
        hookTimeout: 120_000,
        globalSetup: ['test/globalSetup.ts'],
        ...together(1),
      }),
      project('quality', { testTimeout: 300_000, ...together(1) }),
      project('e2e', {
        exclude: PAGE,
        testTimeout: 120_000,
        hookTimeout: 120_000,
        globalSetup: ['test/globalSetup.ts'],
        ...alone(2),
      }),
      ...(process.env['BAIYUAN_LONG']
        ? [
            project('long', {
              testTimeout: 3_600_000,
              globalSetup: ['test/globalSetup.ts'],
              ...alone(3),
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

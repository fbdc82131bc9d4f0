import os from 'node:os'
import { defineConfig } from 'vitest/config'

const project = (name: string, extra: object = {}) => ({
  test: { name, include: [`test/${name}/**/*.test.ts`], ...extra },
})

/** What waits for sockets and disks more than it computes takes every core; whole installations and a browser have the machine to themselves. */
const TOGETHER = { maxWorkers: os.availableParallelism(), sequence: { groupOrder: 0 } }
const alone = (groupOrder: number) => ({ fileParallelism: false, sequence: { groupOrder } })

/** `npm test` runs every project but `long`; `npm run test:long` runs only that one. */
export default defineConfig({
  test: {
    projects: [
      project('unit', { testTimeout: 30_000, ...TOGETHER }),
      project('integration', {
        testTimeout: 60_000,
        hookTimeout: 60_000,
        globalSetup: ['test/globalSetup.ts'],
        ...TOGETHER,
      }),
      project('e2e', {
        testTimeout: 120_000,
        hookTimeout: 120_000,
        globalSetup: ['test/globalSetup.ts'],
        ...alone(1),
      }),
      project('quality', { testTimeout: 300_000, ...alone(2) }),
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

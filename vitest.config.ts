import os from 'node:os'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

const project = (name: string, extra: object = {}) => ({
  test: { name, include: [`test/${name}/**/*.test.ts`], ...extra },
})

/** Side by side, one more than cores, because most wait for sockets and disks; where seconds are the subject, as many as cores, or alone. */
const together = (groupOrder: number, more = 0) => ({
  maxWorkers: os.availableParallelism() + more,
  sequence: { groupOrder },
})
const alone = (groupOrder: number) => ({ fileParallelism: false, sequence: { groupOrder } })
const SLOW = { testTimeout: 120_000, hookTimeout: 120_000, globalSetup: ['test/globalSetup.ts'] }
/** Whole installations that may take their time: figures settle in a minute, kills are counted, runs are waited for. */
const UNHURRIED = ['figures', 'kills', 'sim', 'installation'].map((name) => `test/e2e/${name}.test.ts`)
/** The page in a browser against made-up answers. */
const PAGE = ['test/e2e/web*.test.ts']

/** Long ones begin first, so that no core waits for the last of them; without a record of earlier runs only their size would count. */
const LONG = ['figures', 'web', 'tools', 'sim', 'installation', 'kills'].map((name) => `/${name}.test.ts`)
const isShort = ({ moduleId }: TestSpecification): number =>
  LONG.some((end) => moduleId.endsWith(end)) ? 0 : 1
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // oxlint-disable-next-line unicorn/no-array-sort -- the sort of a sequencer, which gives a list of its own
    const sorted = await super.sort(files)
    return sorted.toSorted((a, b) => isShort(a) - isShort(b))
  }
}

/** `npm test` runs every project but `long`; `npm run test:long` runs only that one. */
export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      project('unhurried', { include: UNHURRIED, ...SLOW, ...together(0, 1) }),
      // pure logic, which leaves nothing behind: one load of a module serves all files of a worker
      project('unit', { testTimeout: 30_000, isolate: false, ...together(0, 1) }),
      project('integration', {
        testTimeout: 60_000,
        hookTimeout: 60_000,
        globalSetup: ['test/globalSetup.ts'],
        ...together(0, 1),
      }),
      project('page', { include: PAGE, ...SLOW, ...together(1) }),
      project('quality', { testTimeout: 300_000, ...together(1) }),
      project('e2e', { exclude: [...PAGE, ...UNHURRIED], ...SLOW, ...alone(2) }),
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

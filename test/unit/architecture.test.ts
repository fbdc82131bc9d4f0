/** The rooms: who may import whom, no cycles between rooms, a domain without clock, chance or the outside world. */
import fs from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'

const root = path.resolve(import.meta.dirname, '../..')

/** Room -> what it may import: rooms, and packages (`node:*` for the runtime library). A trailing `/` is a folder of a room. */
const RULES: Record<string, readonly string[]> = {
  domain: ['domain'],
  'domain/accounting': [
    'domain/accounting/',
    'domain/plant/',
    'domain/telemetry/',
    'domain/time.ts',
    'domain/units.ts',
  ],
  'domain/kpi': [
    'domain/kpi/',
    'domain/accounting/',
    'domain/plant/',
    'domain/telemetry/',
    'domain/time.ts',
    'domain/units.ts',
  ],
  contract: ['domain', 'contract', 'store/journal/journal.ts', 'zod', 'yaml', 'zod-openapi', 'node:*'],
  runtime: ['runtime', 'node:*', 'pino', 'prom-client'],
  store: [
    'domain',
    'runtime',
    'store',
    'node:*',
    'influx',
    '@influxdata/influxdb-client',
    'aedes-persistence',
    'aedes-packet',
  ],
  broker: [
    'domain/telemetry/',
    'domain/time.ts',
    'contract',
    'runtime',
    'broker',
    'store/journal/',
    'store/credentials/',
    'store/sessions/',
    'node:*',
    'aedes',
    'mqtt-packet',
    'ws',
    'commander',
    'prom-client',
  ],
  ingest: ['domain', 'contract', 'runtime', 'store', 'ingest', 'node:*', 'mqtt', 'prom-client'],
  api: [
    'domain',
    'contract',
    'runtime',
    'api',
    'store/people/',
    'store/ledger/',
    'store/historian/',
    'store/journal/journal.ts',
    'node:*',
    '@peculiar/asn1-schema',
    '@peculiar/asn1-x509',
    'express',
    'express-rate-limit',
    'helmet',
    'socket.io',
    'zod',
    'zod-openapi',
    'commander',
    'swagger-ui-dist',
    'prom-client',
    'csv-parse',
    'fflate',
    'read-excel-file',
    'write-excel-file',
    'pdfkit',
    'subset-font',
  ],
  simulators: [
    'domain/telemetry/',
    'domain/plant/',
    'domain/units.ts',
    'domain/time.ts',
    'contract',
    'runtime',
    'simulators',
    'store/truth/',
    'node:*',
    'commander',
    'mqtt',
    'mqtt-packet',
    'prom-client',
  ],
}

const sourcesOf = (room: string): string[] =>
  fs
    .readdirSync(path.join(root, room), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
    .map((file) => path.join(room, file))

/** What a file imports, as a path from the root (`store/journal/journal.ts`) or a package's name. */
function importsOf(file: string): string[] {
  const text = fs.readFileSync(path.join(root, file), 'utf8')
  const found = [
    ...text.matchAll(
      /(?:^|[\s;])(?:import|export)\b[^'"`;]*?from\s*['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)|^import\s+['"]([^'"]+)['"]/gm,
    ),
  ]
  return found.map((match) => {
    const name = (match[1] ?? match[2] ?? match[3])!
    if (name.startsWith('.')) return path.join(path.dirname(file), name)
    if (name.startsWith('#')) return name.slice(1)
    if (name.startsWith('node:')) return name
    return name
      .split('/')
      .slice(0, name.startsWith('@') ? 2 : 1)
      .join('/')
  })
}

const allowed = (target: string, rules: readonly string[]): boolean =>
  rules.some((rule) =>
    rule === 'node:*'
      ? target.startsWith('node:')
      : rule.endsWith('/')
        ? target.startsWith(rule)
        : target === rule || (!rule.includes('.') && target.startsWith(`${rule}/`)),
  )

test.each(Object.entries(RULES))('%s imports only what its room may', (room, rules) => {
  const broken = sourcesOf(room).flatMap((file) =>
    importsOf(file)
      .filter((target) => !allowed(target, rules))
      .map((target) => `${file} imports ${target}`),
  )
  expect(broken).toEqual([])
})

test('inside domain the way is plant -> telemetry -> accounting -> kpi -> alarm, savings, never back', () => {
  const order = ['plant', 'telemetry', 'accounting', 'kpi', 'alarm', 'savings']
  const rank = (file: string) => order.indexOf(file.split('/')[1] ?? '')
  const back = sourcesOf('domain').flatMap((file) =>
    importsOf(file)
      .filter((target) => rank(target) > rank(file) && rank(file) >= 0)
      .map((target) => `${file} imports ${target}`),
  )
  expect(back).toEqual([])
})

test('domain reads no clock and takes no chance', () => {
  const impure = sourcesOf('domain').filter((file) =>
    /\bDate\.now\b|\bnew Date\(\)|\bperformance\b|\bMath\.random\b|\bprocess\.|\bsetTimeout\b/.test(
      fs.readFileSync(path.join(root, file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, ''),
    ),
  )
  expect(impure).toEqual([])
})

test('no file imports itself through others', () => {
  const graph = new Map(
    Object.keys(RULES)
      .flatMap(sourcesOf)
      .map((file) => [file, importsOf(file)]),
  )
  const done = new Set<string>()
  const cycles: string[] = []
  const visit = (file: string, trail: readonly string[]) => {
    if (trail.includes(file)) cycles.push([...trail.slice(trail.indexOf(file)), file].join(' -> '))
    else if (!done.has(file)) {
      for (const next of graph.get(file) ?? []) if (graph.has(next)) visit(next, [...trail, file])
      done.add(file)
    }
  }
  for (const file of graph.keys()) visit(file, [])
  expect(cycles).toEqual([])
})

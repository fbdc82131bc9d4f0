/**
 * plants/<firm>/simulation.yaml: how a simulated plant lives, where that differs from the rest: beside its plant.yaml, may be left out. It is
 * read by the simulators only: never journalled, never sent.
 * Valid:   `seed: 11`, `scenario: baseline`, `faults: [{ fault: gateway_outage, machines: [main/hall/l1/turning-01], probability: 0.8 }]`
 * Invalid: an unknown key, a seed of -1; a fault that there is not is told by the simulators when they start
 */
import { parseDocument } from 'yaml'
import { z } from 'zod'
import { faultsOf, MachinePath, showPath } from './plant.ts'

export const SimulationFile = z.strictObject({
  /** Which of the possible plants it is; default: that of the installation. */
  seed: z.int().min(0).max(4_294_967_295).optional(),
  /** What a works lives through; default: that of the installation. A shop has none. */
  scenario: z.enum(['baseline', 'retrofit', 'scrap-only', 'growth-only', 'mix-only']).optional(),
  /** In force from its first start on, until somebody switches them off. */
  faults: z
    .array(
      z.strictObject({
        fault: z.string(),
        /** Default: all of the firm. */
        machines: z.array(MachinePath).min(1).optional(),
        probability: z.number().min(0).max(1).optional(),
        /** Begins so many seconds after its plant first did. */
        after_s: z.int().min(0).max(31_536_000).optional(),
        params: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])).optional(),
      }),
    )
    .max(100)
    .default([]),
})
export type SimulationFile = z.infer<typeof SimulationFile>

export type SimulationReading =
  { readonly simulation: SimulationFile } | { readonly problems: readonly string[] }

/** What the text says, or what is wrong with it. Never throws. */
export function readSimulationFile(text: string): SimulationReading {
  const doc = parseDocument(text, { prettyErrors: false, uniqueKeys: true })
  if (doc.errors.length > 0) return { problems: doc.errors.map(({ message }) => message) }
  try {
    const parsed = SimulationFile.safeParse(doc.toJS({ maxAliasCount: 0 }))
    if (parsed.success) return { simulation: parsed.data }
    return {
      problems: parsed.error.issues
        .flatMap(faultsOf)
        .map(({ path, message }) => `${showPath(path)} ${message}`),
    }
  } catch (error) {
    return { problems: [`cannot be read: ${(error as Error).message}`] }
  }
}

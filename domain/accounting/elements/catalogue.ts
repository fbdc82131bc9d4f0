/**
 * The catalogue of cost elements in their order, and where each is shown: in the thirteen rows of the table before and after, the
 * eleven lines of the wall, the groups of the bridge. A new element is one file and one line here.
 *
 * The electricity of the air pool is part of element 6, media; rows and lines show it with the electricity bill.
 */
import { electricity } from './electricity.ts'
import { demand } from './demand.ts'
import { powerFactor } from './powerFactor.ts'
import { gas } from './gas.ts'
import { media } from './media.ts'
import { labour } from './labour.ts'
import { machineHour } from './machineHour.ts'
import { maintenance } from './maintenance.ts'
import { material } from './material.ts'
import { outsourcing } from './outsourcing.ts'
import { overhead } from './overhead.ts'
import { quality } from './quality.ts'
import { retrofit } from './retrofit.ts'
import { scrap } from './scrap.ts'
import { tooling } from './tooling.ts'
import type { Element, ElementId } from './element.ts'

export const ELEMENTS: readonly Element[] = [
  material,
  electricity,
  demand,
  powerFactor,
  gas,
  media,
  labour,
  machineHour,
  tooling,
  maintenance,
  scrap,
  outsourcing,
  quality,
  overhead,
  retrofit,
]

/** The table before and after. */
export const ROWS = [
  'material',
  'scrap',
  'labour',
  'electricity',
  'gas',
  'media',
  'tooling',
  'maintenance',
  'machine_hour',
  'retrofit',
  'outsourcing',
  'quality',
  'overhead',
] as const
export type Row = (typeof ROWS)[number]

/** The wall. */
export const LINES = [
  'material', // 直接材料
  'scrap', // 废品与返工
  'labour', // 直接人工
  'power', // 电: the whole bill
  'gas_media', // 气与辅助介质
  'tooling', // 刀具耗材
  'maintenance', // 维修
  'machine_hour', // 折旧机时
  'outsourcing', // 外协
  'quality_overhead', // 质量与管理
  'retrofit', // 改造自身
] as const
export type Line = (typeof LINES)[number]

export const BRIDGE_GROUPS = ['material', 'energy', 'labour', 'fixed'] as const
export type BridgeGroup = (typeof BRIDGE_GROUPS)[number]

export type Shown = { readonly row: Row; readonly line: Line; readonly group: BridgeGroup }
const at = (row: Row, line: Line, group: BridgeGroup): Shown => ({ row, line, group })

/** Where each element is shown. */
const SHOWN: Readonly<Record<ElementId, Shown>> = {
  material: at('material', 'material', 'material'),
  electricity: at('electricity', 'power', 'energy'),
  demand: at('electricity', 'power', 'energy'),
  power_factor: at('electricity', 'power', 'energy'),
  gas: at('gas', 'gas_media', 'energy'),
  media: at('media', 'gas_media', 'material'),
  labour: at('labour', 'labour', 'labour'),
  machine_hour: at('machine_hour', 'machine_hour', 'fixed'),
  tooling: at('tooling', 'tooling', 'material'),
  maintenance: at('maintenance', 'maintenance', 'fixed'),
  scrap: at('scrap', 'scrap', 'material'),
  outsourcing: at('outsourcing', 'outsourcing', 'material'),
  quality: at('quality', 'quality_overhead', 'fixed'),
  overhead: at('overhead', 'quality_overhead', 'fixed'),
  retrofit: at('retrofit', 'retrofit', 'fixed'),
}

/** Where a post of an element is shown. */
export const shownAt = (element: ElementId, stream: string | null): Shown =>
  stream === 'air_power' ? SHOWN.electricity : SHOWN[element]

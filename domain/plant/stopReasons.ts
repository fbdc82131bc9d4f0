/** Why a machine stood: what an operator chooses from when a stop is explained. A plant file may list its own. */
import type { Plant, StopGroup, StopReason } from './plant.ts'

const reason = (code: string, group: StopGroup, zh: string, en: string): StopReason => ({
  code,
  title: { zh, en },
  group,
})

/** Of a plant that lists none. */
export const STOP_REASONS: readonly StopReason[] = [
  reason('material', 'delay', '待料', 'Waiting for material'),
  reason('changeover', 'setup', '换型', 'Changeover'),
  reason('tool_change', 'setup', '换刀', 'Tool change'),
  reason('breakdown', 'delay', '设备故障', 'Breakdown'),
  reason('quality', 'delay', '质量', 'Quality'),
  reason('maintenance', 'planned', '计划保养', 'Planned maintenance'),
  reason('break', 'planned', '会议/休息', 'Meeting or break'),
  reason('no_order', 'other', '无单', 'No order'),
  reason('other', 'other', '其他', 'Other'),
]

export const stopReasonsOf = ({ stopReasons }: Pick<Plant, 'stopReasons'>): readonly StopReason[] =>
  stopReasons ?? STOP_REASONS

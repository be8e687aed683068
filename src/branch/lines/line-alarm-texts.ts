import type { LineLoad } from './line-alarms.ts'

/** What people read. */
export interface LineAlarmTexts {
  readonly en: string
  readonly ar: string
}

/** Says which line fills up, how far, and what there is to do. */
export function lineAlarmTexts({
  neighbour,
  direction,
  lines,
  usedMbps,
  capacityMbps,
}: LineLoad): LineAlarmTexts {
  const names = lines.join(', ')
  const used = Math.round(usedMbps * 10) / 10
  const percent = Math.round((usedMbps / capacityMbps) * 100)
  const way = direction === 'out' ? { en: 'to', ar: 'إلى' } : { en: 'from', ar: 'من' }
  return {
    en: `Line ${names} ${way.en} ${neighbour} fills up: ${used} of ${capacityMbps} Mbit/s, ${percent} %. Move traffic away or add capacity.`,
    ar: `الخطّ ${isolated(names)} ${way.ar} ${isolated(neighbour)} يوشك أن يمتلئ: ${used} من ${capacityMbps} ميغابت/ث، ${percent}٪. حوّل بعض الحركة عنه أو زد سعته.`,
  }
}

/** Identifiers keep their order in a text that runs from right to left. */
function isolated(id: string): string {
  return `\u2068${id}\u2069`
}

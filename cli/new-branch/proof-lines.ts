import type { Proof } from './prove-branch.ts'
import type { WantedBranch } from './wanted-branch.ts'

/** What came true, for people. */
export function proofLines({ branch, lines, hostLine }: WantedBranch, proof: Proof): string[] {
  const { first, answered, refused, unasked, isExact, notPredicted, missing } = proof
  const all = [...lines, ...(hostLine === undefined ? [] : [hostLine])]
  const costAed = all.reduce((sum, { monthlyCostAed }) => sum + monthlyCostAed, 0)
  const rows = (uses: readonly { readonly entity: string; readonly service: string }[]): string[] =>
    uses.map(({ entity, service }) => `  ${entity} → ${service}`)
  return [
    `commissioned ${branch}; lines registered: ${all.map(({ line }) => line).join(', ')} (${costAed} AED a month)`,
    ...(first === undefined
      ? ['it puts nothing within reach that was not: no exchange was made through it']
      : [
          `first exchange through it ${(first.sinceJoinMs / 1_000).toFixed(1)} s after it began to join: ${first.from} → ${first.service}`,
          `  over ${first.path.join(', ')}`,
        ]),
    `now within reach, as calls have shown (${answered.length}):`,
    ...rows(answered),
    ...(refused.length === 0 ? [] : [`called and not within reach (${refused.length}):`]),
    ...refused.map(({ entity, service, code }) => `  ${entity} → ${service}  ${code}`),
    ...(unasked.length === 0 ? [] : ['not called, since no operation of it only reads:', ...rows(unasked)]),
    ...(notPredicted.length === 0 ? [] : ['within reach and NOT predicted:', ...rows(notPredicted)]),
    ...(missing.length === 0 ? [] : ['predicted and NOT within reach:', ...rows(missing)]),
    isExact ? 'exactly what was predicted' : 'NOT what was predicted',
  ]
}

import type { ModelAddition, ModelLine } from '../../src/planner/network-model.ts'
import { EMPTY_ADDITION } from '../../src/planner/network-model.ts'
import type { LineFacts } from '../line-facts.ts'
import type { WantedBranch } from './wanted-branch.ts'

/** What commissioning a branch adds to the network, as the planner takes it. */
export function additionOf({
  branch,
  host,
  class: branchClass,
  hostName,
  isHostNew,
  lines,
  hostLine,
  hosted,
}: WantedBranch): ModelAddition {
  return {
    ...EMPTY_ADDITION,
    entities: isHostNew ? [{ id: host, name: hostName }] : [],
    branches: [{ id: branch, host, ...(branchClass === undefined ? {} : { class: branchClass }) }],
    lines: [...lines, ...(hostLine === undefined ? [] : [hostLine])].map(lineInModel),
    gateways: hosted === undefined ? [] : [{ id: hosted.gateway, entity: host }],
    services:
      hosted === undefined
        ? []
        : [{ id: hosted.service, entity: host, name: hosted.name, at: [hosted.gateway], open: true }],
  }
}

/** The addition as a file for `wusla plan impact --add-branch`. */
export function encodeAddition(addition: ModelAddition): string {
  return `${JSON.stringify({ type: 'wusla/network-addition/v1', ...addition }, null, 2)}\n`
}

function lineInModel({ line, riskGroups, ...facts }: LineFacts): ModelLine {
  return { id: line, sharedRiskGroups: riskGroups, ...facts }
}

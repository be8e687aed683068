import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type EvidenceStore, openEvidence } from '../evidence/evidence-store.ts'
import type { GatewayDeps } from './start-gateway.ts'

/** Opens the evidence of this gateway; what it tells of its health becomes an alarm. @throws codes of the ledger */
export async function openGatewayEvidence(deps: GatewayDeps): Promise<EvidenceStore> {
  const { config, keys, stateDirectory, cosign, clock, onEvent } = deps
  const directory = join(stateDirectory, 'evidence')
  return await openEvidence({
    directory,
    gateway: config.gateway,
    signer: keys.ledger,
    create: !existsSync(directory),
    cosign,
    ...(config.checkpointIntervalMs === undefined ? {} : { checkpointPeriodMs: config.checkpointIntervalMs }),
    clock,
    onEvent: (event) => {
      onEvent({ kind: 'part_event', part: 'evidence', event })
      if (event.kind === 'evidence_unwritable') {
        onEvent({ kind: 'alarm', alarm: 'evidence_unwritable', detail: event.error.message })
      }
      if (event.kind === 'evidence_writable') onEvent({ kind: 'evidence_writable' })
    },
  })
}

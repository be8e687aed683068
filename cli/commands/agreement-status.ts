import type { Command } from 'commander'
import { type AgreementRow, findAgreement } from '../agreements/agreement-rows.ts'
import { callApi } from '../api-client.ts'
import { gatewayCommand } from '../command-options.ts'
import { gatewayTargets, type TargetOptions } from '../target.ts'
import { createVoice } from '../voice.ts'

/** One agreement as its gateway tells it, with the offices that signed and what is missing. */
interface AgreementDetail extends AgreementRow {
  readonly isVerified?: boolean
  readonly notVerified?: { readonly step: string; readonly code: string }
  readonly words?: string
  readonly signatures?: readonly {
    readonly member: string
    readonly at?: string
    readonly mandates?: readonly {
      readonly mandate: string
      readonly office?: { readonly en: string; readonly ar: string }
    }[]
  }[]
  readonly missing?: readonly string[]
}

/** `wusla agreement status`: where one agreement stands. */
export function statusCommand(): Command {
  return gatewayCommand(
    'status',
    'where an agreement stands: who signed, in which office, and what is missing',
  )
    .argument('<agreement>', 'content hash')
    .action(status)
}

async function status(
  agreement: string,
  options: TargetOptions & { readonly json?: boolean },
): Promise<void> {
  const { targets } = await findAgreement(gatewayTargets(options), agreement)
  const [target] = targets
  if (target === undefined) return
  const path = `/v1/agreements/${encodeURIComponent(agreement)}`
  const detail = (await callApi(target, 'GET', path)) as AgreementDetail
  createVoice(options.json === true).result(detail, detailLines(detail))
}

function detailLines(detail: AgreementDetail): string[] {
  const { id, kind, status: state, parties, validity, proposedBy, reason, words } = detail
  const { signatures = [], missing = [], notVerified } = detail
  return [
    `${id}  ${state}${reason === undefined ? '' : ` (${reason})`}  ${kind}`,
    `parties: ${parties.join(' ↔ ')}`,
    `valid:   ${validity.from} – ${validity.until}`,
    ...(words === undefined ? [] : [`reason:  ${words}`]),
    ...(proposedBy === undefined ? [] : [`proposed by ${proposedBy}`]),
    ...signatures.map(({ member, at, mandates = [] }) => {
      const offices = mandates.map(({ mandate, office }) =>
        office === undefined ? mandate : `${office.en} · ${office.ar}`,
      )
      return `signed:  ${[member, at, ...offices].filter((part) => part !== undefined).join('  ')}`
    }),
    ...missing.map((member) => `missing: ${member}`),
    ...(notVerified === undefined
      ? []
      : [
          `this gateway did not verify the document (${notVerified.step}: ${notVerified.code}): it grants nothing here`,
        ]),
  ]
}

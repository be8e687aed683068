import { resolve } from 'node:path'
import type { Directory } from '../directory/directory.ts'
import { openUaePass } from '../identity/uae-pass.ts'
import type { Clock } from '../protocol/clock.ts'
import type { EventSink } from '../protocol/event.ts'
import { WuslaError } from '../protocol/wusla-error.ts'
import { readPrivateFile } from '../trust/private-file.ts'
import type { SealKey } from '../trust/seal-key.ts'
import type { AgreementDocuments } from './agreement-documents.ts'
import type { AgreementStore } from './agreement-store.ts'
import type { DocumentWorker } from './documents/document-worker.ts'
import type { GatewayConfig } from './gateway-config.ts'
import type { GatewayEvent } from './gateway-event.ts'
import type { RegistryClient } from './registry-client.ts'
import { SigningDesk } from './signing/signing-desk.ts'
import type { OwnMandates, SigningIdentity } from './signing/signing-ports.ts'
import type { VerifiedAgreements } from './verified-agreements.ts'

interface DeskDeps {
  readonly stateDirectory: string
  readonly config: GatewayConfig
  readonly network: string
  readonly member: string
  readonly directory: Directory
  readonly registry: RegistryClient
  readonly mandates: OwnMandates
  readonly agreements: AgreementStore
  readonly documents: AgreementDocuments
  readonly worker: DocumentWorker
  readonly verified: VerifiedAgreements
  readonly key: () => SealKey
  readonly clock: Clock
  readonly fetch: typeof globalThis.fetch
  readonly onEvent: EventSink<GatewayEvent>
}

/** Opens the desk where officials sign. Without `identity` in the configuration it refuses every signing. @throws WuslaError `config_invalid` */
export function openSigningDesk(deps: DeskDeps): SigningDesk {
  const { config, agreements, documents, worker, verified } = deps
  return new SigningDesk({
    ...deps,
    identity: openIdentity(deps),
    testAuthorities: config.testAuthorities ?? false,
    typeset: async (content) => await documents.typeset(content),
    keep: async (content) => await agreements.put(content),
    addValidationData: async (pdf, roots) => await worker.run('addValidationData', { pdf, roots }),
    verify: async (job) => await worker.run('verify', job),
    noteVerified: (agreement, pdf, signers) => verified.note(agreement, pdf, signers),
  })
}

function openIdentity({
  config,
  stateDirectory,
  worker,
  fetch,
  clock,
  onEvent,
}: DeskDeps): SigningIdentity | undefined {
  if (config.identity === undefined) return undefined
  const { publicUrl, language = 'ar', uaePass } = config.identity
  const { login, documentSigning } = openUaePass(uaePass, {
    reader: worker.reader,
    fetch,
    clock,
    readText: async (file) => await readPrivateFile(resolve(stateDirectory, file)),
    onEvent: (event) => onEvent({ kind: 'part_event', part: 'identity', event }),
  })
  if (documentSigning === undefined)
    throw new WuslaError('config_invalid', {
      details: { problems: ['/identity/uaePass/signing: is needed'] },
    })
  return { publicUrl, language, login, documentSigning }
}

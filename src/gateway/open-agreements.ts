import { join } from 'node:path'
import type { Directory } from '../directory/directory.ts'
import type { Clock } from '../protocol/clock.ts'
import type { EventSink } from '../protocol/event.ts'
import { AccessControl } from './access-control.ts'
import { AgreementDocuments } from './agreement-documents.ts'
import { AgreementStore } from './agreement-store.ts'
import { DocumentWorker } from './documents/document-worker.ts'
import type { GatewayConfig } from './gateway-config.ts'
import type { GatewayEvent } from './gateway-event.ts'
import { MandateSalts } from './mandate-salts.ts'
import type { RegistryClient } from './registry-client.ts'
import { VerifiedAgreements } from './verified-agreements.ts'
import { VerifiedDocuments } from './verified-documents.ts'

interface AgreementDeps {
  readonly stateDirectory: string
  readonly config: GatewayConfig
  readonly network: string
  readonly member: string
  readonly directory: Directory
  readonly registry: RegistryClient
  readonly clock: Clock
  readonly onEvent: EventSink<GatewayEvent>
}

/** The agreements of this member: contents, documents, and what they allow. */
export interface OpenAgreements {
  readonly agreements: AgreementStore
  readonly documents: AgreementDocuments
  readonly verifiedDocuments: VerifiedDocuments
  readonly verified: VerifiedAgreements
  readonly access: AccessControl
  /** Where signed documents are taken apart. */
  readonly worker: DocumentWorker
  /** Of the mandates that were granted here. */
  readonly salts: MandateSalts
}

/** Opens what the state folder holds of agreements. @throws WuslaError `invalid_agreement`, `secret_exposed`, `file_unreadable` */
export async function openAgreements(deps: AgreementDeps): Promise<OpenAgreements> {
  const { stateDirectory, config, directory, member, clock } = deps
  const agreements = await AgreementStore.open(stateDirectory)
  const documents = await AgreementDocuments.open(stateDirectory)
  const verifiedDocuments = await VerifiedDocuments.open(join(stateDirectory, 'agreements'))
  const worker = new DocumentWorker()
  const verified = new VerifiedAgreements({
    ...deps,
    testAuthorities: config.testAuthorities ?? false,
    records: () => directory.agreementsOf(member),
    policyIndex: () => directory.signingPolicy()?.index,
    contentOf: (agreement) => agreements.get(agreement),
    documents: verifiedDocuments,
    typeset: async (content) => await documents.typeset(content),
    verify: async (job) => await worker.run('verify', job),
    onVerified: () => access.invalidate(),
  })
  const access: AccessControl = new AccessControl({ member, directory, agreements, verified, clock })
  const salts = await MandateSalts.open(stateDirectory)
  return { agreements, documents, verifiedDocuments, verified, access, worker, salts }
}

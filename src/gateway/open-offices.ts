import type { Directory } from '../directory/directory.ts'
import { buildAgreementProof } from '../evidence/agreement-proof.ts'
import type { DirectoryReader } from '../evidence/directory-reader.ts'
import type { Clock } from '../protocol/clock.ts'
import type { EventSink } from '../protocol/event.ts'
import { AccessRequestOffice } from './access-request-office.ts'
import { exportAgreement } from './agreement-export.ts'
import { AgreementOffice } from './agreement-office.ts'
import type { FollowedDirectory } from './follow-directory.ts'
import type { GatewayConfig } from './gateway-config.ts'
import type { GatewayEvent } from './gateway-event.ts'
import { KeyOffice } from './key-office.ts'
import type { KeyChanger, NodeKeys } from './node-keys.ts'
import { MandateOffice } from './mandate-office.ts'
import type { OpenAgreements } from './open-agreements.ts'
import { openSigningDesk } from './open-signing-desk.ts'
import { OwnChanges } from './own-changes.ts'
import type { PeerSessions } from './peer-sessions.ts'
import type { RegistryClient } from './registry-client.ts'
import type { SigningDesk } from './signing/signing-desk.ts'

interface OfficeDeps {
  readonly stateDirectory: string
  readonly config: GatewayConfig
  readonly keys: NodeKeys
  readonly keyChanger: KeyChanger
  readonly directory: Directory
  readonly directoryReader: () => DirectoryReader
  readonly clock: Clock
  readonly fetch: typeof globalThis.fetch
  readonly onEvent: EventSink<GatewayEvent>
}

interface OfficeCore extends OpenAgreements {
  readonly network: string
  readonly member: string
  readonly registry: RegistryClient
}

/** Where this member's people and programs do what the network has to know of. */
interface Offices {
  readonly office: AgreementOffice
  readonly requests: AccessRequestOffice
  readonly desk: SigningDesk
  readonly exportDocument: (agreement: string) => Promise<Uint8Array>
  readonly ownChanges: OwnChanges
  readonly keyOffice: KeyOffice
  readonly mandateOffice: MandateOffice
}

/** Where this member changes what the network knows of it. */
export function openOffices(
  deps: OfficeDeps,
  core: OfficeCore,
  followed: FollowedDirectory & { readonly sessions: PeerSessions },
): Offices {
  const { config, keys, directory, clock } = deps
  const { gateway } = config
  const { network, member, agreements, registry, verified } = core
  const common = { network, member, key: () => keys.seal, registry, clock }
  const { untilInForce, untilApplied } = followed
  const office = new AgreementOffice({ ...common, directory, store: agreements, verified, untilInForce })
  followed.fetchWith(async () => await office.fetchMissing())
  const ownChanges = new OwnChanges({ ...common, untilApplied })
  const { keyChanger: changer } = deps
  const { sessions } = followed
  const settleMs = config.keySettleMs
  const keyOffice = new KeyOffice({
    ...common,
    gateway,
    keys,
    changer,
    directory,
    ownChanges,
    sessions,
    ...(settleMs === undefined ? {} : { settleMs }),
  })
  const exportDocument = async (agreement: string): Promise<Uint8Array> =>
    await exportAgreement(
      {
        member,
        registry,
        contentOf: (hash) => agreements.get(hash),
        verified: core.verifiedDocuments,
        proofOf: async (hash, signers) => {
          const { parties = [] } = directory.agreement(hash) ?? {}
          return await buildAgreementProof(deps.directoryReader(), { agreement: hash, parties, signers })
        },
        attachProof: async (pdf, proof) => await core.worker.run('attachProof', { pdf, proof }),
        typeset: async (content) => await core.documents.typeset(content),
      },
      agreement,
    )
  const mandateOffice = new MandateOffice({ ...core, directory, ownChanges, clock })
  const desk = openSigningDesk({ ...deps, ...core, ...common, mandates: core.salts })
  const requests = new AccessRequestOffice(common)
  return { office, requests, desk, exportDocument, ownChanges, keyOffice, mandateOffice }
}

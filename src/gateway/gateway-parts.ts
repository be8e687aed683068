import type { TokenStore } from '../admin-api/token-store.ts'
import type { Directory } from '../directory/directory.ts'
import type { EvidenceStore } from '../evidence/evidence-store.ts'
import type { Clock } from '../protocol/clock.ts'
import type { EventSink } from '../protocol/event.ts'
import type { Anchor } from '../trust/anchor.ts'
import type { AccessControl } from './access-control.ts'
import type { AccessRequestOffice } from './access-request-office.ts'
import type { AgreementOffice } from './agreement-office.ts'
import type { AgreementStore } from './agreement-store.ts'
import type { BranchLinks } from './branch-links.ts'
import type { CurrentAlarm } from './current-alarms.ts'
import type { EvidenceUpkeep } from './evidence-upkeep.ts'
import type { FrontDoor } from './front-door/front-door.ts'
import type { GatewayConfig } from './gateway-config.ts'
import type { GatewayEvent } from './gateway-event.ts'
import type { GatewaySettings } from './gateway-settings.ts'
import type { KeyOffice } from './key-office.ts'
import type { MandateOffice } from './mandate-office.ts'
import type { NodeKeys } from './node-keys.ts'
import type { OwnChanges } from './own-changes.ts'
import type { PeerSessions } from './peer-sessions.ts'
import type { GrantLimits } from './quotas/grant-limits.ts'
import type { RunningExchanges } from './running-exchanges.ts'
import type { SigningDesk } from './signing/signing-desk.ts'
import type { VerifiedAgreements } from './verified-agreements.ts'

/** The parts of a running gateway that its admin API works with. */
export interface GatewayParts {
  readonly network: string
  readonly gateway: string
  readonly member: string
  readonly stateDirectory: string
  readonly config: GatewayConfig
  readonly anchor: Anchor
  readonly keys: NodeKeys
  readonly alarms?: () => readonly CurrentAlarm[]
  readonly directory: Directory
  /** How old the newest word from the directory is, in milliseconds. */
  readonly directoryStaleMs: () => number
  readonly evidence: EvidenceStore
  readonly upkeep: EvidenceUpkeep
  readonly exportEvidence: (exchange: string) => Promise<string>
  readonly settings: GatewaySettings
  readonly access: AccessControl
  readonly limits: GrantLimits
  readonly agreements: AgreementStore
  readonly office: AgreementOffice
  readonly requests: AccessRequestOffice
  /** Where officials of this member sign. */
  readonly desk: SigningDesk
  readonly verified: VerifiedAgreements
  /** The document of an agreement of this member. */
  readonly exportDocument: (agreement: string) => Promise<Uint8Array>
  readonly ownChanges: OwnChanges
  readonly keyOffice: KeyOffice
  readonly mandateOffice: MandateOffice
  readonly links: BranchLinks
  readonly sessions: PeerSessions
  readonly running: RunningExchanges
  readonly frontDoor: FrontDoor
  readonly tokens: TokenStore
  readonly clock: Clock
  readonly onEvent: EventSink<GatewayEvent>
}

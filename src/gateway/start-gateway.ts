import { join } from 'node:path'
import { API_TOKENS_FILE, TokenStore } from '../admin-api/token-store.ts'
import type { Directory } from '../directory/directory.ts'
import type { DirectoryReader } from '../evidence/directory-reader.ts'
import { formatEvidenceFile } from '../evidence/evidence-file.ts'
import type { CosignCheckpoint } from '../evidence/cosign-checkpoint.ts'
import type { EvidenceStore } from '../evidence/evidence-store.ts'
import { nodeFileSystem } from '../ledger/file-system.ts'
import type { Clock } from '../protocol/clock.ts'
import type { EventSink } from '../protocol/event.ts'
import { memberOf, networkOf } from '../protocol/identifier.ts'
import { toWuslaError, WuslaError } from '../protocol/wusla-error.ts'
import type { IncomingTunnel } from '../transport/branch-link.ts'
import type { TlsIdentity } from '../transport/link-identity.ts'
import type { Anchor } from '../trust/anchor.ts'
import { startAdminApi } from './admin/start-admin-api.ts'
import { BackDoor } from './back-door/back-door.ts'
import { BranchLinks } from './branch-links.ts'
import type { CurrentAlarm } from './current-alarms.ts'
import type { DirectPaths } from './direct/direct-paths.ts'
import { openDirectListener, openDirectPaths } from './direct/open-direct.ts'
import { EvidenceUpkeep } from './evidence-upkeep.ts'
import type { SendExchange } from './front-door/front-door-request.ts'
import { acknowledgeWithinMs, type GatewayConfig } from './gateway-config.ts'
import type { GatewayEvent } from './gateway-event.ts'
import { GatewaySettings } from './gateway-settings.ts'
import { type InboundDeps, serveRequest } from './inbound/serve-request.ts'
import { ServedExchanges } from './inbound/served-exchanges.ts'
import { createMetaservices } from './metaservices/answer-metaservice.ts'
import type { KeyChanger, NodeKeys } from './node-keys.ts'
import { openGatewayEvidence } from './open-gateway-evidence.ts'
import { openOffices } from './open-offices.ts'
import { frontDoorAddress, openFrontDoor } from './open-front-door.ts'
import { type OpenAgreements, openAgreements } from './open-agreements.ts'
import { acceptPeerSession, createSessionDialer, type PeerSessionDeps } from './open-peer-session.ts'
import { Acknowledgements } from './outbound/acknowledgements.ts'
import { type OutboundDeps, sendRequest } from './outbound/send-request.ts'
import { TimeTexts } from './outbound/time-texts.ts'
import { PeerSessions } from './peer-sessions.ts'
import { SessionMoves } from './session-moves.ts'
import { SpareSessions } from './spare-sessions.ts'
import { GrantLimits } from './quotas/grant-limits.ts'
import { QuotaJournal } from './quotas/quota-journal.ts'
import { leaveNetwork } from './leave-network.ts'
import { Readiness } from './readiness.ts'
import { RegistryClient } from './registry-client.ts'
import { RunningExchanges } from './running-exchanges.ts'
import { followDirectory } from './follow-directory.ts'

/** What a gateway is given: its folder, its keys, and a directory that somebody keeps fresh. */
export interface GatewayDeps {
  readonly stateDirectory: string
  readonly config: GatewayConfig
  readonly anchor: Anchor
  /** The keys of the moment: a rotation puts others in place. */
  readonly keys: NodeKeys
  readonly keyChanger: KeyChanger
  /** The alarms that stand, for the status. Default: none. */
  readonly alarms?: () => readonly CurrentAlarm[]
  readonly directory: Directory
  readonly directoryReader: () => DirectoryReader
  readonly directoryStaleMs: () => number
  readonly identity: () => TlsIdentity
  readonly cosign: CosignCheckpoint
  readonly clock: Clock
  readonly fetch: typeof globalThis.fetch
  readonly onEvent: EventSink<GatewayEvent>
}

export interface GatewayHandle {
  readonly frontDoorUrl: string
  readonly adminUrl: string
  /** Shows a renewed certificate from now on. */
  readonly renewIdentity: () => void
  /**
   * Hands over to other nodes: callers are sent elsewhere and served until they have gone, then peers are told, and what
   * is under way here finishes within `leaveGraceMs`. Ends early when the signal fires. Call `close` after it.
   */
  readonly leave: (atOnce: AbortSignal) => Promise<void>
  readonly close: () => Promise<void>
}

/**
 * Starts a gateway. The evidence is opened first and closed last: nothing is exchanged that could not be recorded.
 * When a step fails, what was opened before it is closed again.
 *
 * @throws WuslaError `config_invalid`, codes of the ledger
 */
export async function startGateway(deps: GatewayDeps): Promise<GatewayHandle> {
  const { config, onEvent } = deps
  await using opened = new AsyncDisposableStack()
  const core = await openCore(deps, opened)
  const { readiness, evidence, upkeep, settings } = core
  opened.defer(async () => await upkeep.stop())
  const traffic = connectPeers(deps, core)
  const { links, sessions, spares, moves, direct, acknowledgements } = traffic
  opened.defer(() => links.close())
  opened.defer(async () => await sessions.close())
  opened.defer(() => acknowledgements.close())
  opened.defer(() => spares.close())
  opened.defer(() => moves.close())
  opened.defer(() => direct.close())
  const send: SendExchange = (request) => sendRequest(traffic.outbound, request)
  const metaservices = createMetaservices({ ...deps, ...core, send })
  const isReady = (): boolean => readiness.isReady
  const frontDoor = await openFrontDoor(deps, settings, { send, metaservices, isReady })
  opened.defer(async () => await frontDoor.close())
  const followed = followDirectory({ ...deps, ...core, ...traffic })
  opened.defer(followed.stop)
  const offices = openOffices(deps, core, { ...followed, sessions })
  opened.use(offices.desk)
  const exportEvidence = async (exchange: string): Promise<string> =>
    formatEvidenceFile(await evidence.exportExchange(exchange, deps.directoryReader()))
  const tokens = TokenStore.open(join(deps.stateDirectory, API_TOKENS_FILE), deps.clock)
  const gateway = config.gateway
  const admin = await startAdminApi({
    ...deps,
    ...core,
    ...traffic,
    ...offices,
    gateway,
    frontDoor,
    exportEvidence,
    tokens,
  })
  opened.defer(admin.close)
  const closeDoor = await openDirectListener(
    { ...traffic.sessionDeps, ...core, ...offices },
    config,
    sessions,
  )
  opened.defer(closeDoor)
  opened.defer(() => readiness.drain())
  upkeep.start()
  links.follow()
  const frontDoorUrl = frontDoorAddress(config, frontDoor)
  onEvent({ kind: 'gateway_ready', gateway, frontDoor: frontDoorUrl, admin: admin.url })
  const open = opened.move()
  return {
    frontDoorUrl,
    adminUrl: admin.url,
    renewIdentity: () => links.reconnect(),
    leave: async (atOnce) =>
      await leaveNetwork({ ...deps, ...traffic, readiness, frontDoor, closeDoor }, atOnce),
    close: async () => await open.disposeAsync(),
  }
}

/** What a gateway holds by itself, before anybody connects. */
interface Core extends OpenAgreements {
  readonly network: string
  readonly member: string
  readonly registry: RegistryClient
  readonly evidence: EvidenceStore
  readonly upkeep: EvidenceUpkeep
  readonly settings: GatewaySettings
  readonly limits: GrantLimits
  readonly running: RunningExchanges
  readonly readiness: Readiness
  readonly backDoor: BackDoor
}

async function openCore(deps: GatewayDeps, opened: AsyncDisposableStack): Promise<Core> {
  const { config, directory, directoryStaleMs, clock, onEvent, stateDirectory, fetch, keys } = deps
  const { gateway, registry: url } = config
  const member = memberOf(gateway)
  const network = networkOf(gateway)
  const evidence = opened.use(await openGatewayEvidence(deps))
  const registry = new RegistryClient({ url, network, gateway, sealKey: () => keys.seal, clock, fetch })
  const agreements = await openAgreements({ ...deps, network, member, registry })
  opened.use(agreements.worker)
  opened.use(agreements.verified)
  const quotas = await QuotaJournal.open(nodeFileSystem, stateDirectory, 'quotas')
  const limits = opened.use(new GrantLimits(quotas, clock))
  return {
    network,
    member,
    registry,
    evidence,
    upkeep: openUpkeep(deps, evidence),
    settings: await GatewaySettings.open(stateDirectory, member),
    ...agreements,
    limits,
    running: new RunningExchanges(clock),
    readiness: new Readiness({ evidence, directory, directoryStaleMs, onEvent }),
    backDoor: opened.use(new BackDoor()),
  }
}

/** Links to branches, sessions with peers, and what goes out over them. */
function connectPeers(
  deps: GatewayDeps,
  core: Core,
): {
  readonly links: BranchLinks
  readonly sessions: PeerSessions
  readonly acknowledgements: Acknowledgements
  readonly spares: SpareSessions
  readonly moves: SessionMoves
  readonly direct: DirectPaths
  readonly sessionDeps: PeerSessionDeps
  readonly outbound: OutboundDeps
} {
  const { config, directory, identity, clock, onEvent } = deps
  const assertReady = (): void => core.readiness.assert()
  const served = new ServedExchanges(clock)
  const wasReceivedBefore = (exchange: string): Promise<boolean> => core.evidence.wasReceivedBefore(exchange)
  const inbound: InboundDeps = {
    ...core,
    directory,
    served,
    wasReceivedBefore,
    assertReady,
    clock,
    onEvent,
  }
  const sessionDeps: PeerSessionDeps = {
    network: core.network,
    gateway: config.gateway,
    sealKey: () => deps.keys.seal,
    identity,
    directory,
    evidence: core.evidence,
    onRequest: (incoming, path) => void serveRequest(inbound, incoming, path),
    clock,
    onEvent,
  }
  const onIncoming = (tunnel: IncomingTunnel): void => void accept(sessionDeps, tunnel, () => sessions)
  const { gateway } = config
  const onLeaving = (): void => moves.look()
  const links = new BranchLinks({ gateway, directory, identity, onIncoming, onLeaving, clock, onEvent })
  const { isLeaving } = links
  const dialer = createSessionDialer(sessionDeps, links)
  const direct = openDirectPaths(sessionDeps, config, () => sessions)
  const ways = { dialer, direct, isLeaving }
  const sessions: PeerSessions = new PeerSessions({ own: gateway, directory, ...ways, clock, onEvent })
  const leaving = (): readonly string[] => links.leaving()
  const moves = new SessionMoves({ sessions, dialer, leaving, onEvent })
  return {
    links,
    sessions,
    spares: new SpareSessions({ sessions, dialer, leaving, onEvent, shareRisk: links.shareRisk }),
    moves,
    direct,
    sessionDeps,
    ...openOutbound(deps, core, sessions),
  }
}

/** What sends exchanges, and their acknowledgements. */
function openOutbound(
  { config, directory, clock, onEvent }: GatewayDeps,
  core: Core,
  sessions: PeerSessions,
): { readonly acknowledgements: Acknowledgements; readonly outbound: OutboundDeps } {
  const { network, readiness } = core
  const withinMs = acknowledgeWithinMs(config)
  const acknowledgements = new Acknowledgements({ network, sessions, clock, onEvent, withinMs })
  const sending = { directory, sessions, acknowledgements, clock, times: new TimeTexts(), onEvent }
  const pathDeadlineMs = config.pathDeadlineMs ?? 30_000
  return {
    acknowledgements,
    outbound: { ...core, ...sending, assertReady: () => readiness.assert(), pathDeadlineMs },
  }
}

function openUpkeep(deps: GatewayDeps, evidence: EvidenceStore): EvidenceUpkeep {
  const { config } = deps
  const retentionDays = config.evidenceRetentionDays
  return new EvidenceUpkeep({
    ...deps,
    evidence,
    retentionDays,
    acknowledgeWithinMs: acknowledgeWithinMs(config),
  })
}

async function accept(
  deps: PeerSessionDeps,
  tunnel: IncomingTunnel,
  sessions: () => PeerSessions,
): Promise<void> {
  try {
    const { peer, established } = await acceptPeerSession(deps, tunnel)
    sessions().adopt(peer, established, 'acceptor')
  } catch (cause) {
    const error = cause instanceof WuslaError ? cause : toWuslaError(cause, 'session_closed')
    deps.onEvent({ kind: 'session_failed', peer: tunnel.from, detail: error.code })
  }
}

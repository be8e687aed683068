import { join } from 'node:path'
import { DirectoryFollower } from '../../src/directory/directory-follower.ts'
import type { CosignCheckpoint } from '../../src/evidence/cosign-checkpoint.ts'
import { CurrentAlarms } from '../../src/gateway/current-alarms.ts'
import type { GatewayConfig } from '../../src/gateway/gateway-config.ts'
import { NodeKeyRing } from '../../src/gateway/node-keys.ts'
import { startGateway } from '../../src/gateway/start-gateway.ts'
import { askWitness } from '../../src/ledger/ask-witness.ts'
import { systemClock } from '../../src/protocol/clock.ts'
import { memberOf } from '../../src/protocol/identifier.ts'
import type { Anchor } from '../../src/trust/anchor.ts'
import { parseVkey } from '../../src/trust/note-key.ts'
import { type ActorStart, logEvent, runActor } from './actor-process.ts'
import { asAlarm } from './directory-alarms.ts'
import { evidenceReader } from './directory-reader.ts'
import { readGatewayState } from './gateway-state.ts'
import { NodeIdentity } from './node-identity.ts'

/** How long a witness may take, in milliseconds. */
const WITNESS_TIMEOUT_MS = 3_000
/** How long a gateway with an empty store waits for the first entry of the directory, in milliseconds. */
const FIRST_ENTRY_TIMEOUT_MS = 30_000

/** What is logged: alarms have the kind `alarm` and their name in `alarm`. */
type ActorEvent = Parameters<CurrentAlarms['heard']>[0]

/** Runs a gateway in this process until it is told to stop. */
export async function runGateway(directory: string): Promise<void> {
  await runActor(directory, async (given) => await start(directory, given))
}

async function start(
  stateDirectory: string,
  { opened, stopping, leaveWith }: ActorStart,
): Promise<Record<string, string>> {
  const { config, anchor } = await readGatewayState(stateDirectory)
  const keys = await NodeKeyRing.open(stateDirectory)
  const alarms = new CurrentAlarms(systemClock)
  const tell = (event: ActorEvent): void => {
    alarms.heard(event)
    logEvent(event)
  }
  const follower = opened.use(await openFollower(stateDirectory, config, anchor, keys, tell))
  follower.start()
  // A gateway that has seen its own enrolment knows its branches; with nothing on disk it needs one source to begin.
  const patience = AbortSignal.timeout(FIRST_ENTRY_TIMEOUT_MS)
  await follower.waitForSize(1, AbortSignal.any([stopping, patience]))
  const identity = await NodeIdentity.open({
    id: config.gateway,
    stateDirectory,
    anchor,
    tlsKey: () => keys.tls,
    registryUrl: config.registry,
    onRenewed: (_identity, validUntil) => {
      gateway.renewIdentity()
      tell({ kind: 'certificate_renewed', detail: validUntil })
    },
    onFailed: (detail) => tell({ kind: 'alarm', alarm: 'certificate_not_renewed', detail }),
  })
  const gateway = await startGateway({
    stateDirectory,
    config,
    anchor,
    keys,
    keyChanger: {
      changeSeal: keys.changeSeal,
      changeTls: async (key, chain) => {
        await keys.changeTls(key, chain)
        identity.adopt(chain)
      },
    },
    alarms: () => alarms.list(),
    directory: follower.directory,
    directoryReader: () => evidenceReader(follower, anchor),
    directoryStaleMs: () => follower.staleForMs(),
    identity: () => identity.current(),
    cosign: cosignAtBranches(follower),
    clock: systemClock,
    fetch: globalThis.fetch,
    onEvent: (event) => {
      if (event.kind !== 'exchange_sent' && event.kind !== 'exchange_served') tell(event)
    },
  })
  opened.defer(gateway.close)
  leaveWith(gateway.leave)
  // Only now is there somebody who could show a renewed certificate.
  opened.use(identity.watch())
  return { frontDoor: gateway.frontDoorUrl, admin: gateway.adminUrl }
}

async function openFollower(
  stateDirectory: string,
  config: GatewayConfig,
  anchor: Anchor,
  keys: NodeKeyRing,
  tell: (event: ActorEvent) => void,
): Promise<DirectoryFollower> {
  const follower: DirectoryFollower = await DirectoryFollower.open({
    anchor,
    storeDirectory: join(stateDirectory, 'directory'),
    // Mirrors first: the registry need not bear every gateway, and may be down.
    sources: () => [...mirrors(() => follower, config.gateway), config.registry],
    own: { member: memberOf(config.gateway), isOwnKey: (keyId) => keys.isOwn(keyId) },
    clock: systemClock,
    onEvent: (event) => tell(asAlarm(event)),
  })
  return follower
}

function mirrors(follower: () => DirectoryFollower | undefined, gateway: string): string[] {
  const directory = follower()?.directory
  const home = directory?.gateway(gateway)?.branches ?? []
  return home.flatMap((branch) => directory?.branch(branch)?.mirrorUrl ?? [])
}

/** Shows each checkpoint of the evidence ledger to all branches; gives how many cosigned it. */
function cosignAtBranches(follower: DirectoryFollower): CosignCheckpoint {
  const known = new Map<string, number>()
  return async (offer, signal) => {
    const asked = follower.directory.branches().map(async ({ branch, mirrorUrl, witnessKey }) => {
      const contact = {
        key: parseVkey(witnessKey),
        post: async (body: string) => {
          const timeout = AbortSignal.any([signal, AbortSignal.timeout(WITNESS_TIMEOUT_MS)])
          const response = await fetch(`${mirrorUrl}/witness/add-checkpoint`, {
            method: 'POST',
            body,
            signal: timeout,
          })
          return { status: response.status, body: await response.text() }
        },
      }
      const reply = await askWitness(offer, offer.log, contact, known.get(branch) ?? 0)
      if (reply.ok) known.set(branch, reply.size)
      else logEvent({ kind: 'witness_refused', branch, ...reply })
      return reply.ok
    })
    const results = await Promise.allSettled(asked)
    return results.filter((result) => result.status === 'fulfilled' && result.value).length
  }
}

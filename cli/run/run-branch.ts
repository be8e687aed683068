import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { API_TOKENS_FILE, TokenStore } from '../../src/admin-api/token-store.ts'
import { branchDirectory } from '../../src/branch/branch-directory.ts'
import { logMirror } from '../../src/branch/log-mirror.ts'
import { startBranch } from '../../src/branch/start-branch.ts'
import { DirectoryFollower } from '../../src/directory/directory-follower.ts'
import { DirectoryMirror } from '../../src/directory/directory-mirror.ts'
import { openWitness } from '../../src/ledger/witness.ts'
import { systemClock } from '../../src/protocol/clock.ts'
import { type ActorStart, logEvent, runActor } from './actor-process.ts'
import { readBranchState } from './branch-state.ts'
import { witnessedKeys, witnessOverHttp } from './branch-witness.ts'
import { asAlarm } from './directory-alarms.ts'
import { NodeIdentity } from './node-identity.ts'
import { watchRetirement } from './watch-retirement.ts'

/** Runs a branch in this process until it is told to stop. */
export async function runBranch(directory: string): Promise<void> {
  await runActor(directory, async (given) => await start(directory, given))
}

async function start(
  stateDirectory: string,
  { opened, leaveWith, end }: ActorStart,
): Promise<Record<string, string>> {
  const { config, anchor, tlsKey, witnessKey } = await readBranchState(stateDirectory)
  const registryUrl = config.registryUrl ?? anchor.registryUrl
  const follower = opened.use(
    await DirectoryFollower.open({
      anchor,
      storeDirectory: join(stateDirectory, 'directory'),
      sources: () => [registryUrl],
      clock: systemClock,
      onEvent: (event) => logEvent(asAlarm(event)),
    }),
  )
  follower.start()
  const { directory } = follower
  const identity = await NodeIdentity.open({
    id: config.branch,
    stateDirectory,
    anchor,
    tlsKey: () => tlsKey,
    registryUrl,
    onRenewed: (renewed, validUntil) => {
      branch.renewIdentity(renewed)
      logEvent({ kind: 'certificate_renewed', validUntil })
    },
    onFailed: (detail) => logEvent({ kind: 'alarm', alarm: 'certificate_not_renewed', detail }),
  })
  await mkdir(join(stateDirectory, 'witness'), { recursive: true })
  const witness = opened.use(
    openWitness({
      directory: join(stateDirectory, 'witness'),
      signer: witnessKey,
      logKeys: witnessedKeys(directory, anchor.network),
      clock: systemClock,
      onEvent: logEvent,
    }),
  )
  const branch = opened.use(
    await startBranch(config, {
      directory: branchDirectory(directory),
      identity: identity.current(),
      clock: systemClock,
      onEvent: logEvent,
      mirror: logMirror(new DirectoryMirror(follower.source)),
      tokens: TokenStore.open(join(stateDirectory, API_TOKENS_FILE), systemClock).current,
      witness: witnessOverHttp(witness, directory, anchor.network),
    }),
  )
  leaveWith(async (atOnce) => void (await branch.leave(atOnce)))
  // Only now is there somebody who could show a renewed certificate.
  opened.use(identity.watch())
  opened.use(watchRetirement(directory, config.branch, stateDirectory, end))
  return { control: branch.controlAddress, tunnel: branch.tunnelAddress, http: branch.httpUrl }
}

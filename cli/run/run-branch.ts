import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeBranchConfig } from '../../src/branch/branch-config.ts'
import { branchDirectory } from '../../src/branch/branch-directory.ts'
import { type LogMirror, startBranch } from '../../src/branch/start-branch.ts'
import { DirectoryFollower } from '../../src/directory/directory-follower.ts'
import { DirectoryMirror } from '../../src/directory/directory-mirror.ts'
import { openWitness } from '../../src/ledger/witness.ts'
import { systemClock } from '../../src/protocol/clock.ts'
import { WuslaError } from '../../src/protocol/wusla-error.ts'
import { readAnchor } from '../../src/trust/anchor.ts'
import { loadNoteKey } from '../../src/trust/note-key.ts'
import { loadSealKey } from '../../src/trust/seal-key.ts'
import { type ActorStart, logEvent, runActor } from './actor-process.ts'
import { witnessedKeys, witnessOverHttp } from './branch-witness.ts'
import { NodeIdentity } from './node-identity.ts'
import { readJson } from './read-json.ts'

/** Runs a branch in this process until it is told to stop. */
export async function runBranch(directory: string): Promise<void> {
  await runActor(directory, async (given) => await start(directory, given))
}

async function start(stateDirectory: string, { opened }: ActorStart): Promise<Record<string, string>> {
  const decoded = decodeBranchConfig(await readJson(join(stateDirectory, 'branch.json')))
  if (!decoded.ok) throw new WuslaError('config_invalid', { details: { problems: decoded.problems } })
  const { config } = decoded
  const anchor = await readAnchor(join(stateDirectory, 'anchor.json'))
  const follower = opened.use(
    await DirectoryFollower.open({
      anchor,
      storeDirectory: join(stateDirectory, 'directory'),
      sources: () => [anchor.registryUrl],
      clock: systemClock,
      onEvent: logEvent,
    }),
  )
  follower.start()
  const { directory } = follower
  const identity = await NodeIdentity.open({
    id: config.branch,
    stateDirectory,
    anchor,
    tlsKey: await loadSealKey(join(stateDirectory, 'keys', 'tls.pem')),
    registryUrl: anchor.registryUrl,
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
      signer: await loadNoteKey(join(stateDirectory, 'keys', 'witness.key')),
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
      mirror: overHttp(new DirectoryMirror(follower.source)),
      witness: witnessOverHttp(witness, directory, anchor.network),
    }),
  )
  // Only now is there somebody who could show a renewed certificate.
  opened.use(identity.watch())
  return { control: branch.controlAddress, tunnel: branch.tunnelAddress, http: branch.httpUrl }
}

/** The mirror's answers, gathered: a snapshot may come as a stream. */
function overHttp(mirror: DirectoryMirror): LogMirror {
  return async (path, query, signal) => {
    const { status, headers, body } = await mirror.answer(path, query, signal)
    const bytes = body instanceof Uint8Array ? body : Buffer.concat(await Array.fromAsync(body))
    return {
      status,
      contentType: headers['content-type'] ?? 'application/octet-stream',
      body: bytes,
      immutable: headers['cache-control']?.includes('immutable') === true,
    }
  }
}

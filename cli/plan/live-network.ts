import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeAgreement } from '../../src/agreements/agreement.ts'
import type { Agreement } from '../../src/agreements/agreement.ts'
import type { Directory } from '../../src/directory/directory.ts'
import { DirectoryFollower } from '../../src/directory/directory-follower.ts'
import type { DirectoryFacts } from '../../src/planner/model-from-directory.ts'
import { systemClock } from '../../src/protocol/clock.ts'
import { WuslaError } from '../../src/protocol/wusla-error.ts'
import { readAnchor } from '../../src/trust/anchor.ts'
import { type ApiTarget, callApi } from '../api-client.ts'

/** The network as its directory has it, and where its branches answer. */
export interface LiveNetwork {
  readonly facts: DirectoryFacts
  readonly branchUrls: readonly string[]
}

interface AgreementPage {
  readonly agreements: readonly { readonly hash: string; readonly content: unknown }[]
}

/**
 * What the directory says of the network now, replayed from the registry's log and checked against the anchor, with the
 * contents of agreements that the token may read. Leaves nothing on disk.
 *
 * @throws WuslaError `invalid_anchor`, `actor_unreachable`, `directory_stale`, `unauthorized`
 */
export async function readLiveNetwork(registry: ApiTarget, anchorFile: string): Promise<LiveNetwork> {
  const anchor = await readAnchor(anchorFile)
  const { size } = (await callApi(registry, 'GET', '/healthz')) as { readonly size: number }
  const { agreements } = (await callApi(registry, 'GET', '/v1/agreements')) as AgreementPage
  const contents = new Map(agreements.map(({ hash, content }) => [hash, decodeAgreement(content)]))
  const storeDirectory = await mkdtemp(join(tmpdir(), 'wusla-plan-'))
  try {
    await using follower = await DirectoryFollower.open({
      anchor,
      storeDirectory,
      sources: () => [registry.url],
      clock: systemClock,
      onEvent: () => undefined,
    })
    follower.start()
    await follower.waitForSize(size)
    const { directory } = follower
    const branchUrls = directory.branches().map(({ mirrorUrl }) => mirrorUrl)
    return { facts: factsOf(directory, contents), branchUrls }
  } finally {
    await rm(storeDirectory, { recursive: true, force: true })
  }
}

function factsOf(directory: Directory, contents: ReadonlyMap<string, Agreement>): DirectoryFacts {
  const network = directory.network()
  if (network === undefined) throw new WuslaError('directory_stale')
  const members = directory.members()
  const hashes = new Set(
    members.flatMap(({ member }) => directory.agreementsOf(member).map(({ agreement }) => agreement)),
  )
  return {
    network: network.network,
    title: network.founded.name,
    members,
    gateways: members.flatMap(({ member }) => directory.gatewaysOf(member)),
    branches: directory.branches(),
    lines: directory.lines(),
    services: directory.services(),
    agreements: [...hashes].flatMap((agreement) => {
      const record = directory.agreement(agreement)
      return record === undefined ? [] : [{ ...record, agreement, content: contents.get(agreement) }]
    }),
  }
}

import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { enrolmentKey } from '../../src/directory/enrolment-key.ts'
import { formatTime } from '../../src/protocol/clock.ts'
import { formatAnchor } from '../../src/trust/anchor.ts'
import { decodeEnrolmentToken, type EnrolmentToken } from '../../src/trust/enrolment-token.ts'
import { generateNoteKey, loadNoteKey, type NoteSigner, saveNoteKey } from '../../src/trust/note-key.ts'
import { writePrivateFile } from '../../src/trust/private-file.ts'
import { generateSealKey, loadSealKey, saveSealKey, type SoftwareSealKey } from '../../src/trust/seal-key.ts'
import { signChange, type SignedChange } from '../../src/trust/signed-change.ts'
import { UsageError } from '../voice.ts'
import { beginJoin, enrolRepeatably, finishJoin, unfinishedChange } from './unfinished-join.ts'

interface JoinBranchOptions {
  readonly token: string
  readonly directory?: string
  readonly sandboxState?: string
  readonly control: string
  readonly tunnel: string
  readonly http: string
  /** Where to reach the registry, when it is not where the token says. */
  readonly registryUrl?: string
}

interface BranchKeys {
  readonly tls: SoftwareSealKey
  readonly witness: NoteSigner
}

/**
 * Turns a one-time token into a branch that can run: keys are born here, the registry commissions it. A join that was
 * interrupted may be repeated with the same token, folder and addresses.
 *
 * @throws WuslaError `token_invalid`, `file_exists`, `registry_unreachable`, the registry's refusal
 * @throws UsageError when an unfinished join asked for other addresses
 */
export async function joinBranch(options: JoinBranchOptions): Promise<{ branch: string; directory: string }> {
  const token = decodeEnrolmentToken(options.token)
  const branch = token.subject
  const directory = resolve(options.directory ?? defaultDirectory(branch, options.sandboxState))
  await beginJoin(directory, 'branch.json')
  const keys = await createBranchKeys(directory, branch)
  const begun = await unfinishedChange(directory, token)
  if (begun !== undefined) assertSameAddresses(begun, options)
  const signed = begun ?? (await signedCommission(token, keys, options))
  const chain = await enrolRepeatably(directory, options.registryUrl ?? token.registryUrl, signed, keys.tls)
  await writePrivateFile(join(directory, 'keys', 'chain.pem'), chain)
  await writePrivateFile(join(directory, 'anchor.json'), formatAnchor(token.anchor))
  const config = {
    branch,
    controlListen: options.control,
    tunnelListen: options.tunnel,
    httpListen: options.http,
    ...(options.registryUrl === undefined ? {} : { registryUrl: options.registryUrl }),
  }
  // Last: with it the join is finished.
  await writePrivateFile(join(directory, 'branch.json'), `${JSON.stringify(config, null, 2)}\n`)
  await finishJoin(directory)
  return { branch, directory }
}

/** Those of an unfinished join are used again; none is ever replaced. */
async function createBranchKeys(directory: string, branch: string): Promise<BranchKeys> {
  const tls = join(directory, 'keys', 'tls.pem')
  const witness = join(directory, 'keys', 'witness.key')
  if (!existsSync(tls)) await saveSealKey(tls, generateSealKey())
  if (!existsSync(witness)) await saveNoteKey(witness, generateNoteKey(`wusla/${branch}`, 'cosignature'))
  return { tls: await loadSealKey(tls), witness: await loadNoteKey(witness) }
}

async function signedCommission(
  token: EnrolmentToken,
  { tls, witness }: BranchKeys,
  options: JoinBranchOptions,
): Promise<SignedChange> {
  const change: SignedChange['change'] = {
    type: 'wusla/change/v1',
    kind: 'branch_commissioned',
    network: token.anchor.network,
    time: formatTime(Date.now()),
    branch: token.subject,
    host: token.member,
    ...addressesOf(options),
    tlsKey: Buffer.from(tls.publicKeyDer).toString('base64url'),
    witnessKey: witness.vkey,
    ...(token.class === undefined ? {} : { class: token.class }),
  }
  const signatures = [await signChange(change, token.subject, tls), enrolmentKey(token.secret).sign(change)]
  return { change, signatures }
}

function addressesOf({ control, tunnel, http }: JoinBranchOptions): Readonly<Record<string, string>> {
  return { controlAddress: control, tunnelAddress: tunnel, mirrorUrl: `http://${http}` }
}

/** What the first attempt asked for may be in the directory already: the branch must listen where it says. */
function assertSameAddresses({ change }: SignedChange, options: JoinBranchOptions): void {
  if (Object.entries(addressesOf(options)).every(([name, value]) => change[name] === value)) return
  const asked = (name: string): string => {
    const value = change[name]
    return typeof value === 'string' ? value.replace(/^http:\/\//, '') : ''
  }
  throw new UsageError(
    'an unfinished join with this folder asked for other addresses, and may have got them',
    `repeat it with --control ${asked('controlAddress')} --tunnel ${asked('tunnelAddress')} --http ${asked('mirrorUrl')}`,
  )
}

function defaultDirectory(branch: string, sandboxState: string | undefined): string {
  const name = branch.replaceAll('/', '-')
  return sandboxState === undefined ? join('var', name) : join(sandboxState, 'branches', name)
}

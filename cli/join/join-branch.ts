import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { enrolmentKey } from '../../src/directory/enrolment-key.ts'
import { formatTime } from '../../src/protocol/clock.ts'
import { formatAnchor } from '../../src/trust/anchor.ts'
import { createCertificateRequest } from '../../src/trust/certificate-request.ts'
import { decodeEnrolmentToken } from '../../src/trust/enrolment-token.ts'
import { generateNoteKey, saveNoteKey } from '../../src/trust/note-key.ts'
import { writePrivateFile } from '../../src/trust/private-file.ts'
import { generateSealKey, saveSealKey } from '../../src/trust/seal-key.ts'
import { signChange, type SignedChange } from '../../src/trust/signed-change.ts'
import { enrol } from './enrol.ts'

interface JoinBranchOptions {
  readonly token: string
  readonly directory?: string
  readonly sandboxState?: string
  readonly control: string
  readonly tunnel: string
  readonly http: string
}

/** Turns a one-time token into a branch that can run: keys are born here, the registry commissions it. */
export async function joinBranch(options: JoinBranchOptions): Promise<{ branch: string; directory: string }> {
  const token = decodeEnrolmentToken(options.token)
  const branch = token.subject
  const directory = resolve(options.directory ?? defaultDirectory(branch, options.sandboxState))
  await mkdir(join(directory, 'keys'), { recursive: true, mode: 0o700 })
  const tls = generateSealKey()
  const witness = generateNoteKey(`wusla/${branch}`, 'cosignature')
  await saveSealKey(join(directory, 'keys', 'tls.pem'), tls)
  await saveNoteKey(join(directory, 'keys', 'witness.key'), witness)
  const change: SignedChange['change'] = {
    type: 'wusla/change/v1',
    kind: 'branch_commissioned',
    network: token.anchor.network,
    time: formatTime(Date.now()),
    branch,
    host: token.member,
    controlAddress: options.control,
    tunnelAddress: options.tunnel,
    mirrorUrl: `http://${options.http}`,
    tlsKey: Buffer.from(tls.publicKeyDer).toString('base64url'),
    witnessKey: witness.vkey,
  }
  const signatures = [await signChange(change, branch, tls), enrolmentKey(token.secret).sign(change)]
  const enrolled = await enrol(token.registryUrl, { change, signatures }, await createCertificateRequest(tls))
  await writePrivateFile(join(directory, 'keys', 'chain.pem'), enrolled.certificateChain)
  await writePrivateFile(join(directory, 'anchor.json'), formatAnchor(token.anchor))
  const config = {
    branch,
    controlListen: options.control,
    tunnelListen: options.tunnel,
    httpListen: options.http,
  }
  await writePrivateFile(join(directory, 'branch.json'), `${JSON.stringify(config, null, 2)}\n`)
  return { branch, directory }
}

function defaultDirectory(branch: string, sandboxState: string | undefined): string {
  const name = branch.replaceAll('/', '-')
  return sandboxState === undefined ? join('var', name) : join(sandboxState, 'branches', name)
}

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createApiToken } from '../../src/admin-api/api-tokens.ts'
import { createNodeKeys } from '../../src/gateway/node-keys.ts'
import { createRegistry } from '../../src/registry/create-registry.ts'
import { loadRegistryKeys } from '../../src/registry/registry-files.ts'
import { readAnchor, formatAnchor } from '../../src/trust/anchor.ts'
import { issueCertificate } from '../../src/trust/certificate-authority.ts'
import { createCertificateRequest } from '../../src/trust/certificate-request.ts'
import { generateNoteKey, saveNoteKey } from '../../src/trust/note-key.ts'
import { writePrivateFile } from '../../src/trust/private-file.ts'
import { generateSealKey, saveSealKey, type SoftwareSealKey } from '../../src/trust/seal-key.ts'
import { spiffeUri } from '../../src/trust/tls-identity.ts'

/** The identifier of the gateway, the branch and the member of the folders. */
export const GATEWAY = 'AE-DU/GOV/RTA/gw-1'
export const BRANCH = 'AE-DU/branch/MORO'

/** State folders of a registry, a gateway and a branch that could start, as joining leaves them. */
export interface StateFolders extends AsyncDisposable {
  readonly registry: string
  readonly gateway: string
  readonly branch: string
}

const clock = { nowMs: () => Date.now() }

export async function makeStateFolders(): Promise<StateFolders> {
  const root = await mkdtemp(join(tmpdir(), 'wusla-config-'))
  const folders = {
    registry: join(root, 'registry'),
    gateway: join(root, 'gateway'),
    branch: join(root, 'branch'),
  }
  await createRegistry({
    directory: folders.registry,
    config: { network: 'AE-DU', listen: '127.0.0.1:7600', publicUrl: 'http://127.0.0.1:7600' },
    name: { ar: 'دبي', en: 'Dubai' },
    clock,
  })
  await makeGateway(folders.registry, folders.gateway)
  await makeBranch(folders.registry, folders.branch)
  return { ...folders, [Symbol.asyncDispose]: async () => await rm(root, { recursive: true }) }
}

async function makeGateway(registry: string, directory: string): Promise<void> {
  await mkdir(join(directory, 'keys'), { recursive: true })
  const keys = await createNodeKeys(directory, GATEWAY)
  await certify(registry, directory, GATEWAY, keys.tls)
  await writeFile(join(directory, 'api-tokens.json'), JSON.stringify([createApiToken('admin').stored]))
  const config = {
    gateway: GATEWAY,
    anchor: 'anchor.json',
    registry: 'http://127.0.0.1:7600',
    frontDoor: { http: '127.0.0.1:8080' },
    admin: { listen: '[::1]:8081' },
  }
  await writeFile(join(directory, 'gateway.json'), JSON.stringify(config))
}

async function makeBranch(registry: string, directory: string): Promise<void> {
  await mkdir(join(directory, 'keys'), { recursive: true })
  const tls = generateSealKey()
  await saveSealKey(join(directory, 'keys', 'tls.pem'), tls)
  await saveNoteKey(join(directory, 'keys', 'witness.key'), generateNoteKey(`wusla/${BRANCH}`, 'cosignature'))
  await certify(registry, directory, BRANCH, tls)
  const config = { branch: BRANCH, controlListen: '127.0.0.1:7601', tunnelListen: '127.0.0.1:7602' }
  await writeFile(join(directory, 'branch.json'), JSON.stringify(config))
}

async function certify(registry: string, directory: string, id: string, tls: SoftwareSealKey): Promise<void> {
  const anchor = await readAnchor(join(registry, 'anchor.json'))
  await writePrivateFile(join(directory, 'anchor.json'), formatAnchor(anchor))
  const { authority } = await loadRegistryKeys(registry)
  const { chainPem } = await issueCertificate({
    ca: authority,
    csr: await createCertificateRequest(tls),
    network: 'AE-DU',
    spiffeId: spiffeUri('AE-DU', id),
    validityHours: 24,
    nowMs: clock.nowMs(),
  })
  await writePrivateFile(join(directory, 'keys', 'chain.pem'), chainPem)
}

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer } from 'node:tls'
import type { TLSSocket } from 'node:tls'
import { before, describe, it } from 'node:test'
import './reflect-metadata.ts'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PublicKey,
  SubjectAlternativeNameExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509'
import type { Extension, JsonGeneralNames } from '@peculiar/x509'
import { isWuslaError } from '../protocol/wusla-error.ts'
import { createIssuingCa, createNetworkRoot, issueCertificate } from './certificate-authority.ts'
import type { CertificateAuthority } from './certificate-authority.ts'
import { createCertificateRequest } from './certificate-request.ts'
import { generateSealKey } from './seal-key.ts'
import type { SoftwareSealKey } from './seal-key.ts'
import { peerTlsOptions } from './tls-context.ts'
import type { TlsCredentials } from './tls-context.ts'
import { readSocketIdentity, spiffeUri } from './tls-identity.ts'
import type { PeerIdentity } from './tls-identity.ts'
import { ECDSA_SHA256, importKeyPair } from './web-key.ts'

const NETWORK = 'AE-DU'
const HOUR_MS = 3_600_000
const BOTH = ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']
const DEWA = 'AE-DU/SEMI/DEWA/gw-1'
const RTA = 'AE-DU/GOV/RTA/gw-1'

/** What either end of one handshake concludes about the other. */
type Conclusion = PeerIdentity | string

describe('a handshake between parties', () => {
  let root: CertificateAuthority
  let ca: CertificateAuthority
  let dewa: TlsCredentials
  let rta: TlsCredentials

  before(async () => {
    const nowMs = Date.now()
    root = await createNetworkRoot({ network: NETWORK, nowMs })
    ca = await createIssuingCa({ network: NETWORK, root, nowMs })
    dewa = await enrolled(DEWA)
    rta = await enrolled(RTA)
  })

  async function enrolled(id: string, nowMs: number = Date.now()): Promise<TlsCredentials> {
    const key = generateSealKey()
    const issued = await issueCertificate({
      ca,
      csr: await createCertificateRequest(key),
      network: NETWORK,
      spiffeId: spiffeUri(NETWORK, id),
      validityHours: 96,
      nowMs,
    })
    return credentials(key, issued.chainPem)
  }

  function credentials(key: SoftwareSealKey, certificateChainPem: string): TlsCredentials {
    return {
      privateKeyPem: key.privateKeyPem(),
      certificateChainPem,
      rootCertificatePem: root.certificatePem,
    }
  }

  /** A certificate such as a broken or dishonest authority might issue. */
  async function forged(
    names: JsonGeneralNames,
    change: { usages?: string[]; isCa?: boolean; until?: Date; by?: CertificateAuthority | 'itself' } = {},
  ): Promise<TlsCredentials> {
    const { usages = BOTH, isCa = false, until = new Date(Date.now() + HOUR_MS), by = ca } = change
    const key = generateSealKey()
    const issuerKeys = importKeyPair(by === 'itself' ? key : by.key)
    const extensions: Extension[] = [
      new BasicConstraintsExtension(isCa, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature | (isCa ? KeyUsageFlags.keyCertSign : 0), true),
      await AuthorityKeyIdentifierExtension.create(issuerKeys.publicKey),
    ]
    if (usages.length > 0) extensions.push(new ExtendedKeyUsageExtension(usages))
    if (names.length > 0) extensions.push(new SubjectAlternativeNameExtension(names))
    const certificate = await X509CertificateGenerator.create({
      subject: 'CN=forged',
      issuer: by === 'itself' ? 'CN=forged' : new X509Certificate(by.certificatePem).subjectName,
      publicKey: new PublicKey(key.publicKeyDer),
      signingKey: issuerKeys.privateKey,
      signingAlgorithm: ECDSA_SHA256,
      notBefore: new Date(until.getTime() - 10 * HOUR_MS),
      notAfter: until,
      extensions,
    })
    const above = by === 'itself' ? '' : by.certificatePem
    return credentials(key, `${certificate.toString('pem')}\n${above}`)
  }

  const uri = (value: string): JsonGeneralNames[number] => ({ type: 'url', value })
  const uriOf = (id: string): JsonGeneralNames[number] => uri(spiffeUri(NETWORK, id))

  /** Both ends refuse this peer: as client by the server, and as server by the client. */
  async function assertRefused(peer: TlsCredentials, expected: RegExp): Promise<void> {
    const asClient = await handshake({ server: dewa, client: peer })
    const asServer = await handshake({ server: peer, client: dewa })
    assert.match(String(asClient.seenByServer), expected)
    assert.match(String(asServer.seenByClient), expected)
  }

  it('names both ends, with TLS 1.3 and a hybrid key exchange', async () => {
    const { seenByServer, seenByClient, protocol, group } = await handshake({ server: dewa, client: rta })
    assert.equal(typeof seenByServer === 'object' && seenByServer.id, RTA)
    assert.equal(typeof seenByClient === 'object' && seenByClient.id, DEWA)
    assert.equal(protocol, 'TLSv1.3')
    assert.equal(group, 'X25519MLKEM768')
  })

  it('names a branch and the registry', async () => {
    const branch = await enrolled('AE-DU/branch/MORO')
    const registry = await enrolled('AE-DU/registry')
    const { seenByServer, seenByClient } = await handshake({ server: branch, client: registry })
    assert.partialDeepStrictEqual(seenByServer, { kind: 'registry', id: 'AE-DU/registry' })
    assert.partialDeepStrictEqual(seenByClient, { kind: 'branch', id: 'AE-DU/branch/MORO' })
  })

  it('reads names with every character an identifier may have', async () => {
    const id = "AE-DU/GOV/A,'(b)+=;@%2F%D8%A8/gw"
    const { seenByServer } = await handshake({ server: dewa, client: await enrolled(id) })
    assert.equal(typeof seenByServer === 'object' && seenByServer.id, id)
  })

  it('reports the key that the directory must have bound', async () => {
    const key = generateSealKey()
    const csr = await createCertificateRequest(key)
    const spiffeId = spiffeUri(NETWORK, RTA)
    const issued = await issueCertificate({
      ca,
      csr,
      network: NETWORK,
      spiffeId,
      validityHours: 1,
      nowMs: Date.now(),
    })
    const { seenByServer } = await handshake({ server: dewa, client: credentials(key, issued.chainPem) })
    assert.partialDeepStrictEqual(seenByServer, { tlsKeyId: key.keyId, validUntilMs: issued.validUntilMs })
  })

  it('refuses two URI names', async () => {
    await assertRefused(await forged([uriOf(RTA), uriOf(DEWA)]), /invalid_certificate.*more than one name/)
  })

  it('refuses a second name hidden behind a quoted one', async () => {
    await assertRefused(
      await forged([uri('spiffe://ae-du/gateway/GOV/a,b/c'), uriOf(DEWA)]),
      /more than one name/,
    )
  })

  it('refuses a certificate without a name', async () => {
    await assertRefused(await forged([]), /invalid_certificate.*no URI name/)
  })

  it('refuses a DNS name, alone or beside the URI', async () => {
    const dns = { type: 'dns' as const, value: 'gw.dewa.example' }
    await assertRefused(await forged([dns]), /no URI name/)
    await assertRefused(await forged([uriOf(RTA), dns]), /more than one name/)
    await assertRefused(await forged([dns, uriOf(RTA)]), /no URI name/)
  })

  it('refuses a DNS name that spells a URI name', async () => {
    const dns = { type: 'dns' as const, value: `x, URI:${spiffeUri(NETWORK, RTA)}` }
    await assertRefused(await forged([dns]), /no URI name/)
  })

  it('refuses a name of another network', async () => {
    await assertRefused(await forged([uri('spiffe://xx/gateway/GOV/RTA/gw-1')]), /not of this network/)
    await assertRefused(
      await forged([uri('spiffe://ae-du.evil/gateway/GOV/RTA/gw-1')]),
      /not of this network/,
    )
  })

  it('refuses a certificate that is for one end only, for any use, or for issuing', async () => {
    for (const usages of [BOTH.slice(0, 1), BOTH.slice(1), []]) {
      const peer = await forged([uriOf(RTA)], { usages })
      const asClient = await handshake({ server: dewa, client: peer })
      const asServer = await handshake({ server: peer, client: dewa })
      assert.equal(typeof asClient.seenByServer, 'string')
      assert.equal(typeof asServer.seenByClient, 'string')
    }
    await assertRefused(await forged([uriOf(RTA)], { isCa: true }), /not for the two ends/)
  })

  it('refuses an expired certificate', async () => {
    const peer = await enrolled(RTA, Date.now() - 97 * HOUR_MS)
    await assertRefused(peer, /CERT_HAS_EXPIRED/)
  })

  it('refuses a self-signed certificate', async () => {
    await assertRefused(await forged([uriOf(RTA)], { by: 'itself' }), /DEPTH_ZERO_SELF_SIGNED_CERT/)
  })

  it('refuses a certificate from the authority of another network with the same names', async () => {
    const nowMs = Date.now()
    const otherRoot = await createNetworkRoot({ network: NETWORK, nowMs })
    const other = await createIssuingCa({ network: NETWORK, root: otherRoot, nowMs })
    await assertRefused(
      await forged([uriOf(RTA)], { by: other }),
      /CERT_SIGNATURE_FAILURE|UNABLE_TO_GET_ISSUER|UNABLE_TO_VERIFY|SELF_SIGNED_CERT_IN_CHAIN/,
    )
  })

  it('refuses a certificate issued by a party instead of an authority', async () => {
    const key = generateSealKey()
    const csr = await createCertificateRequest(key)
    const spiffeId = spiffeUri(NETWORK, DEWA)
    const issued = await issueCertificate({
      ca,
      csr,
      network: NETWORK,
      spiffeId,
      validityHours: 1,
      nowMs: Date.now(),
    })
    const party = { key, certificatePem: issued.chainPem, certificateDer: new Uint8Array() }
    await assertRefused(await forged([uriOf(RTA)], { by: party }), /INVALID_CA|INVALID_PURPOSE|UNSPECIFIED/)
  })

  it('takes the name from the verified leaf when the peer sends the certificate of somebody else along', async () => {
    const chain = rta.certificateChainPem + dewa.certificateChainPem
    const peer = { ...rta, certificateChainPem: chain }
    const { seenByServer } = await handshake({ server: dewa, client: peer })
    assert.equal(typeof seenByServer === 'object' && seenByServer.id, RTA)
    const { seenByClient } = await handshake({ server: peer, client: dewa })
    assert.equal(typeof seenByClient === 'object' && seenByClient.id, RTA)
  })

  it('refuses an unverified leaf in spite of a good chain of somebody else behind it', async () => {
    const own = await forged([uriOf(DEWA)], { by: 'itself' })
    const peer = { ...own, certificateChainPem: own.certificateChainPem + dewa.certificateChainPem }
    await assertRefused(peer, /DEPTH_ZERO_SELF_SIGNED_CERT/)
  })

  it('refuses a client without a certificate', async () => {
    const server = await listen(dewa)
    const refused = once(server.tls, 'tlsClientError')
    const socket = connect({
      port: server.port,
      ca: root.certificatePem,
      checkServerIdentity: () => undefined,
    })
    socket.on('error', () => undefined)
    const [error] = (await refused) as [NodeJS.ErrnoException]
    assert.match(String(error.code), /PEER_DID_NOT_RETURN_A_CERTIFICATE/)
    socket.destroy()
    server.tls.close()
  })

  it('refuses TLS 1.2', async () => {
    const server = await listen(dewa)
    const { privateKeyPem: key, certificateChainPem: cert } = rta
    const options = { key, cert, ca: root.certificatePem, maxVersion: 'TLSv1.2' as const }
    const socket = connect({ port: server.port, ...options, checkServerIdentity: () => undefined })
    const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException]
    assert.match(String(error.code), /PROTOCOL_VERSION/)
    server.tls.close()
  })

  it('resumes no session, so that an expired certificate is never believed again', async () => {
    const server = await listen(dewa)
    const reused: boolean[] = []
    server.tls.on('secureConnection', (socket) => {
      reused.push(socket.isSessionReused())
      socket.end('x')
    })
    const first = connect({ port: server.port, ...peerTlsOptions(rta) })
    const [session] = (await once(first, 'session')) as [Buffer]
    await once(first.resume(), 'close')
    const second = connect({ port: server.port, ...peerTlsOptions(rta), session })
    await once(second.resume(), 'close')
    assert.deepEqual(reused, [false, false])
    server.tls.close()
  })
})

async function listen(
  credentials: TlsCredentials,
): Promise<{ tls: ReturnType<typeof createServer>; port: number }> {
  const tls = createServer(peerTlsOptions(credentials))
  tls.listen(0, '127.0.0.1')
  await once(tls, 'listening')
  const address = tls.address()
  assert.ok(address !== null && typeof address === 'object')
  return { tls, port: address.port }
}

/** Makes one real connection and reports what each end concludes: an identity, or the reason of the refusal. */
async function handshake(ends: { server: TlsCredentials; client: TlsCredentials }): Promise<{
  seenByServer: Conclusion
  seenByClient: Conclusion
  protocol: string | null
  group: string
}> {
  const server = await listen(ends.server)
  const seenByServer = Promise.withResolvers<Conclusion>()
  server.tls.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
    const { authorizationError } = socket as unknown as { authorizationError?: unknown }
    seenByServer.resolve(String(authorizationError ?? error.code))
  })
  server.tls.on('secureConnection', (socket) => {
    socket.on('error', () => undefined)
    seenByServer.resolve(conclude(socket))
    socket.end()
  })
  const socket = connect({ port: server.port, ...peerTlsOptions(ends.client) })
  const seenByClient = await new Promise<Conclusion>((resolve) => {
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(`${error.code}`))
    socket.on('secureConnect', () => resolve(conclude(socket)))
  })
  const key = socket.getEphemeralKeyInfo()
  const group = key !== null && 'name' in key ? String(key.name) : ''
  const protocol = socket.getProtocol()
  if (typeof seenByClient === 'string') socket.destroy()
  else socket.resume()
  const fromServer = await seenByServer.promise
  server.tls.close()
  await once(server.tls, 'close')
  return { seenByServer: fromServer, seenByClient, protocol, group }
}

function conclude(socket: TLSSocket): Conclusion {
  try {
    return readSocketIdentity(socket, NETWORK)
  } catch (error) {
    return isWuslaError(error) ? `${error.code}: ${error.message}` : String(error)
  }
}

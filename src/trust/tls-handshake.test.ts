import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:tls'
import { before, describe, it } from 'node:test'
import { createIssuingCa, createNetworkRoot } from './certificate-authority.ts'
import { code } from './testing/fixtures.ts'
import { handshake, listen } from './testing/real-handshake.ts'
import { createTestNetwork } from './testing/test-network.ts'
import type { TestNetwork } from './testing/test-network.ts'
import { peerTlsOptions } from './tls-context.ts'
import type { TlsCredentials } from './tls-context.ts'
import { readSocketIdentity, spiffeUri } from './tls-identity.ts'

const NETWORK = 'AE-DU'
const HOUR_MS = 3_600_000
const DEWA = 'AE-DU/SEMI/DEWA/gw-1'
const RTA = 'AE-DU/GOV/RTA/gw-1'
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1'
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'

/** A name for a certificate, as the X.509 library takes it. */
interface Name {
  readonly type: 'url' | 'dns'
  readonly value: string
}

describe('a handshake between parties', () => {
  let net: TestNetwork
  let dewa: TlsCredentials
  let rta: TlsCredentials

  before(async () => {
    net = await createTestNetwork(NETWORK)
    dewa = await net.enrol(DEWA)
    rta = await net.enrol(RTA)
  })

  const uri = (value: string): Name => ({ type: 'url', value })
  const uriOf = (id: string): Name => uri(spiffeUri(NETWORK, id))

  /** Both ends refuse this peer: as client by the server, and as server by the client. */
  async function assertRefused(peer: TlsCredentials, expected: RegExp): Promise<void> {
    const asClient = await handshake({ server: dewa, client: peer })
    const asServer = await handshake({ server: peer, client: dewa })
    assert.match(asClient.seenByServer, expected)
    assert.match(asServer.seenByClient, expected)
  }

  it('names both ends', async () => {
    const { seenByServer, seenByClient, protocol } = await handshake({ server: dewa, client: rta })
    assert.equal(seenByServer.split(' ')[1], RTA)
    assert.equal(seenByClient.split(' ')[1], DEWA)
    assert.equal(protocol, 'TLSv1.3')
  })

  it('agrees on keys with a peer that wants resistance to quantum computers, and with one that has none', async () => {
    for (const ecdhCurve of ['X25519MLKEM768', 'X25519', 'P-256']) {
      const server = await listen(dewa)
      const { secureContext: _, ...settings } = peerTlsOptions(rta)
      const socket = connect({ port: server.port, ...settings, ecdhCurve })
      await once(socket, 'secureConnect')
      socket.destroy()
      server.tls.close()
    }
  })

  it('names a branch and the registry', async () => {
    const branch = await net.enrol('AE-DU/branch/MORO')
    const registry = await net.enrol('AE-DU/registry')
    const { seenByServer, seenByClient } = await handshake({ server: branch, client: registry })
    assert.match(seenByServer, /^registry AE-DU\/registry /)
    assert.match(seenByClient, /^branch AE-DU\/branch\/MORO /)
  })

  it('reads names with every character an identifier may have', async () => {
    const id = "AE-DU/GOV/A,'(b)+=;@%2F%D8%A8/gw"
    const { seenByServer } = await handshake({ server: dewa, client: await net.enrol(id) })
    assert.equal(seenByServer.split(' ')[1], id)
  })

  it('reports the key that the directory must have bound, and the end of its validity', async () => {
    const nowMs = Date.now()
    const peer = await net.enrol(RTA, nowMs)
    const { seenByServer } = await handshake({ server: dewa, client: peer })
    const validUntilMs = Math.floor((nowMs + 96 * HOUR_MS) / 1000) * 1000
    assert.equal(seenByServer, `gateway ${RTA} ${peer.key.keyId} ${validUntilMs}`)
  })

  it('refuses two URI names', async () => {
    await assertRefused(await net.forge([uriOf(RTA), uriOf(DEWA)]), /invalid_certificate.*more than one name/)
  })

  it('refuses a second name hidden behind a quoted one', async () => {
    await assertRefused(
      await net.forge([uri('spiffe://ae-du/gateway/GOV/a,b/c'), uriOf(DEWA)]),
      /more than one name/,
    )
  })

  it('refuses a certificate without a name', async () => {
    await assertRefused(await net.forge([]), /invalid_certificate.*no URI name/)
  })

  it('refuses a DNS name, alone or beside the URI', async () => {
    const dns = { type: 'dns' as const, value: 'gw.dewa.example' }
    await assertRefused(await net.forge([dns]), /no URI name/)
    await assertRefused(await net.forge([uriOf(RTA), dns]), /more than one name/)
    await assertRefused(await net.forge([dns, uriOf(RTA)]), /no URI name/)
  })

  it('refuses a DNS name that spells a URI name', async () => {
    const dns = { type: 'dns' as const, value: `x, URI:${spiffeUri(NETWORK, RTA)}` }
    await assertRefused(await net.forge([dns]), /no URI name/)
  })

  it('refuses a name of another network', async () => {
    await assertRefused(await net.forge([uri('spiffe://xx/gateway/GOV/RTA/gw-1')]), /not of this network/)
    await assertRefused(
      await net.forge([uri('spiffe://ae-du.evil/gateway/GOV/RTA/gw-1')]),
      /not of this network/,
    )
  })

  it('refuses a certificate that is for one end only, for any use, or for issuing', async () => {
    for (const usages of [[SERVER_AUTH], [CLIENT_AUTH], []]) {
      await assertRefused(await net.forge([uriOf(RTA)], { usages }), /not for the two ends|INVALID_PURPOSE/)
    }
    await assertRefused(await net.forge([uriOf(RTA)], { isCa: true }), /not for the two ends/)
  })

  it('refuses an expired certificate', async () => {
    const peer = await net.enrol(RTA, Date.now() - 97 * HOUR_MS)
    await assertRefused(peer, /CERT_HAS_EXPIRED/)
  })

  it('refuses a self-signed certificate', async () => {
    await assertRefused(await net.forge([uriOf(RTA)], { by: 'itself' }), /DEPTH_ZERO_SELF_SIGNED_CERT/)
  })

  it('refuses a certificate from the authority of another network with the same names', async () => {
    const root = await createNetworkRoot({ network: NETWORK, nowMs: Date.now() })
    const by = await createIssuingCa({ network: NETWORK, root, nowMs: Date.now() })
    await assertRefused(
      await net.forge([uriOf(RTA)], { by }),
      /CERT_SIGNATURE_FAILURE|UNABLE_TO_GET_ISSUER|UNABLE_TO_VERIFY|SELF_SIGNED_CERT_IN_CHAIN/,
    )
  })

  it('refuses a certificate issued by a party instead of an authority', async () => {
    const { key, certificateChainPem } = await net.enrol(DEWA)
    const by = { key, certificatePem: certificateChainPem, certificateDer: new Uint8Array() }
    await assertRefused(await net.forge([uriOf(RTA)], { by }), /INVALID_CA|INVALID_PURPOSE|UNSPECIFIED/)
  })

  it('refuses a certificate from an authority below the issuing one', async () => {
    const { key, certificateChainPem } = await net.forge([], { isCa: true, usages: [] })
    const by = { key, certificatePem: certificateChainPem, certificateDer: new Uint8Array() }
    await assertRefused(await net.forge([uriOf(RTA)], { by }), /PATH_LENGTH_EXCEEDED/)
  })

  it('takes the name from the verified leaf when the peer sends the certificate of somebody else along', async () => {
    const chain = rta.certificateChainPem + dewa.certificateChainPem
    const peer = { ...rta, certificateChainPem: chain }
    const { seenByServer } = await handshake({ server: dewa, client: peer })
    assert.equal(seenByServer.split(' ')[1], RTA)
    const { seenByClient } = await handshake({ server: peer, client: dewa })
    assert.equal(seenByClient.split(' ')[1], RTA)
  })

  it('refuses an unverified leaf in spite of a good chain of somebody else behind it', async () => {
    const own = await net.forge([uriOf(DEWA)], { by: 'itself' })
    const peer = { ...own, certificateChainPem: own.certificateChainPem + dewa.certificateChainPem }
    await assertRefused(peer, /DEPTH_ZERO_SELF_SIGNED_CERT/)
  })

  it('refuses to name a peer whose chain nobody verified', async () => {
    const server = await listen(await net.forge([uriOf(DEWA)], { by: 'itself' }))
    const socket = connect({ port: server.port, ...peerTlsOptions(rta), rejectUnauthorized: false })
    await once(socket, 'secureConnect')
    assert.throws(() => readSocketIdentity(socket, NETWORK), code('invalid_certificate'))
    socket.destroy()
    server.tls.close()
  })

  it('refuses a client without a certificate', async () => {
    const server = await listen(dewa)
    const refused = once(server.tls, 'tlsClientError')
    const socket = connect({
      port: server.port,
      ca: net.root.certificatePem,
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
    const options = { key, cert, ca: net.root.certificatePem, maxVersion: 'TLSv1.2' as const }
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

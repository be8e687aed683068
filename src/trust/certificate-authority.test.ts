import assert from 'node:assert/strict'
import { X509Certificate, createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import './reflect-metadata.ts'
import { Pkcs10CertificateRequestGenerator, SubjectAlternativeNameExtension } from '@peculiar/x509'
import {
  createIssuingCa,
  createNetworkRoot,
  issueCertificate,
  loadCertificateAuthority,
  saveCertificateAuthority,
} from './certificate-authority.ts'
import type { CertificateAuthority } from './certificate-authority.ts'
import { createCertificateRequest, readCertificateRequest } from './certificate-request.ts'
import { generateSealKey } from './seal-key.ts'
import { code, temporaryDirectory } from './testing/fixtures.ts'
import { readPeerIdentity, spiffeUri, tlsKeyOf } from './tls-identity.ts'
import { ECDSA_SHA256, importKeyPair } from './web-key.ts'

const NETWORK = 'AE-DU'
const NOW_MS = Date.parse('2026-11-23T07:36:33.123Z')
const HOUR_MS = 3_600_000
const DEWA = spiffeUri(NETWORK, 'AE-DU/SEMI/DEWA/gw-1')
const RTA = spiffeUri(NETWORK, 'AE-DU/GOV/RTA/gw-1')

describe('the authorities of a network', () => {
  let root: CertificateAuthority
  let ca: CertificateAuthority

  before(async () => {
    root = await createNetworkRoot({ network: NETWORK, nowMs: NOW_MS })
    ca = await createIssuingCa({ network: NETWORK, root, nowMs: NOW_MS })
  })

  const issue = async (change: Partial<Parameters<typeof issueCertificate>[0]> = {}) =>
    await issueCertificate({
      ca,
      csr: await createCertificateRequest(generateSealKey()),
      network: NETWORK,
      spiffeId: DEWA,
      validityHours: 96,
      nowMs: NOW_MS,
      ...change,
    })

  it('lead from the root to the party', async () => {
    const { certificatePem, chainPem } = await issue()
    const [top, middle, leaf] = [root.certificatePem, ca.certificatePem, certificatePem].map(
      (pem) => new X509Certificate(pem),
    )
    assert.ok(top !== undefined && middle !== undefined && leaf !== undefined)
    assert.ok(top.ca && middle.ca && !leaf.ca)
    assert.ok(top.verify(top.publicKey) && middle.verify(top.publicKey) && leaf.verify(middle.publicKey))
    assert.ok(leaf.checkIssued(middle) && middle.checkIssued(top))
    assert.ok(!leaf.verify(top.publicKey))
    assert.equal(chainPem, certificatePem + ca.certificatePem)
  })

  it('last 20 years, 5 years and as long as asked, from a little before now', async () => {
    const { certificatePem, validUntilMs } = await issue()
    const hours = (pem: string): number => {
      const { validFromDate, validToDate } = new X509Certificate(pem)
      assert.equal(validFromDate.getTime(), Math.floor((NOW_MS - 300_000) / 1000) * 1000)
      return (validToDate.getTime() - Math.floor(NOW_MS / 1000) * 1000) / HOUR_MS
    }
    assert.equal(hours(root.certificatePem), 20 * 365.25 * 24)
    assert.equal(hours(ca.certificatePem), 5 * 365.25 * 24)
    assert.equal(hours(certificatePem), 96)
    assert.equal(validUntilMs, new X509Certificate(certificatePem).validToDate.getTime())
  })

  it('never vouch beyond their own end', async () => {
    const caEndMs = new X509Certificate(ca.certificatePem).validToDate.getTime()
    assert.equal((await issue({ nowMs: caEndMs - HOUR_MS })).validUntilMs, caEndMs)
  })

  it('issue a fresh serial number each time, over the same key if asked', async () => {
    const key = generateSealKey()
    const csr = await createCertificateRequest(key)
    const [one, two] = [await issue({ csr }), await issue({ csr })]
    assert.notEqual(one.serialNumber, two.serialNumber)
    assert.equal(one.serialNumber, new X509Certificate(one.certificatePem).serialNumber)
    assert.equal(one.tlsKeyId, key.keyId)
    assert.equal(tlsKeyOf(new X509Certificate(two.certificatePem)), key.keyId)
  })

  it('name nobody but the party they are told to name', async () => {
    const { certificatePem } = await issue({ spiffeId: RTA })
    const certificate = new X509Certificate(certificatePem)
    assert.equal(certificate.subjectAltName, `URI:${RTA}`)
    assert.equal(certificate.subject || '', '')
    assert.equal(readPeerIdentity(certificate, NETWORK).id, 'AE-DU/GOV/RTA/gw-1')
    assert.throws(() => readPeerIdentity(certificate, 'XX'), code('invalid_certificate'))
  })

  it('take the key from a request and no name, whatever it asks for', async () => {
    const greedy = await Pkcs10CertificateRequestGenerator.create({
      name: 'CN=AE-DU network root',
      keys: importKeyPair(generateSealKey()),
      signingAlgorithm: ECDSA_SHA256,
      extensions: [new SubjectAlternativeNameExtension([{ type: 'url', value: RTA }])],
    })
    const { certificatePem } = await issue({ csr: greedy.toString('pem') })
    assert.equal(new X509Certificate(certificatePem).subjectAltName, `URI:${DEWA}`)
  })

  it('issue to parties of their network only, and for a sane time', async () => {
    for (const spiffeId of ['spiffe://xx/gateway/GOV/RTA/gw-1', 'https://ae-du/registry', `${DEWA}/x`, '']) {
      await assert.rejects(issue({ spiffeId }), code('invalid_identifier'))
    }
    for (const validityHours of [0, -1, 9000, Number.NaN])
      await assert.rejects(issue({ validityHours }), RangeError)
  })

  it('survive in files that are never overwritten', async () => {
    await using directory = await temporaryDirectory()
    const file = join(directory.path, 'ca.pem')
    await saveCertificateAuthority(file, ca)
    const read = await loadCertificateAuthority(file)
    assert.equal(read.key.keyId, ca.key.keyId)
    assert.deepEqual(Buffer.from(read.certificateDer), Buffer.from(ca.certificateDer))
    const { certificatePem } = await issue({ ca: read })
    assert.ok(new X509Certificate(certificatePem).verify(new X509Certificate(ca.certificatePem).publicKey))
    await assert.rejects(saveCertificateAuthority(file, ca), code('file_exists'))
  })

  it('are refused from files that do not hold together', async () => {
    await using directory = await temporaryDirectory()
    const file = join(directory.path, 'ca.pem')
    const write = async (text: string) => await writeFile(file, text, { mode: 0o600 })
    await write(root.key.privateKeyPem() + ca.certificatePem)
    await assert.rejects(loadCertificateAuthority(file), code('invalid_certificate'))
    await write(ca.key.privateKeyPem())
    await assert.rejects(loadCertificateAuthority(file), code('invalid_certificate'))
    await write(ca.certificatePem)
    await assert.rejects(loadCertificateAuthority(file), code('invalid_key'))
    const party = generateSealKey()
    const { certificatePem } = await issue({ csr: await createCertificateRequest(party) })
    await write(party.privateKeyPem() + certificatePem)
    await assert.rejects(loadCertificateAuthority(file), code('invalid_certificate'))
  })
})

describe('a certificate request', () => {
  it('proves that its sender holds the key', async () => {
    const key = generateSealKey()
    const csr = await createCertificateRequest(key)
    assert.match(csr, /^-----BEGIN CERTIFICATE REQUEST-----/)
    assert.deepEqual(await readCertificateRequest(csr), {
      publicKeyDer: new Uint8Array(key.publicKeyDer),
      tlsKeyId: key.keyId,
    })
  })

  const pemOf = (der: Uint8Array): string =>
    `-----BEGIN CERTIFICATE REQUEST-----\n${Buffer.from(der).toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`
  const derOf = (pem: string): Buffer => Buffer.from(pem.replaceAll(/-----.*-----|\s/g, ''), 'base64')

  it('is refused when the signature is not by its key', async () => {
    const victim = generateSealKey()
    const csr = derOf(await createCertificateRequest(generateSealKey()))
    const at = csr.indexOf(Buffer.from('034200', 'hex')) + 3
    const stolen = Buffer.from(csr)
    Buffer.from(victim.publicKeyDer).copy(stolen, at, 26)
    await assert.rejects(readCertificateRequest(pemOf(stolen)), code('invalid_certificate_request'))
  })

  it('never yields another key, whichever byte is changed', async () => {
    const key = generateSealKey()
    const csr = derOf(await createCertificateRequest(key))
    let refused = 0
    for (let at = 0; at < csr.length; at += 1) {
      const changed = Buffer.from(csr)
      changed.writeUInt8(changed.readUInt8(at) ^ 0x04, at)
      // A few bytes of framing carry no meaning for the reader.
      const read = await readCertificateRequest(pemOf(changed)).catch((error: unknown) => {
        assert.ok(code('invalid_certificate_request')(error), `byte ${at}`)
        refused += 1
        return undefined
      })
      if (read !== undefined) assert.equal(read.tlsKeyId, key.keyId, `byte ${at}`)
    }
    assert.ok(refused > csr.length - 10, `${csr.length - refused} bytes do not count`)
  })

  it('is refused for another kind of key, a weak hash, rubbish and excess', async () => {
    const p384 = generateKeyPairSync('ec', { namedCurve: 'secp384r1' })
    const other = { name: 'ECDSA', namedCurve: 'P-384' }
    const keys = {
      privateKey: p384.privateKey.toCryptoKey(other, false, ['sign']),
      publicKey: p384.publicKey.toCryptoKey(other, true, ['verify']),
    }
    const large = await Pkcs10CertificateRequestGenerator.create({ keys, signingAlgorithm: ECDSA_SHA256 })
    const weak = await Pkcs10CertificateRequestGenerator.create({
      keys: importKeyPair(generateSealKey()),
      signingAlgorithm: { name: 'ECDSA', hash: 'SHA-1' },
    })
    const notPem = createPrivateKey(generateSealKey().privateKeyPem()).export({
      type: 'pkcs8',
      format: 'pem',
    })
    for (const pem of [large.toString('pem'), weak.toString('pem'), '', 'x', notPem, 'A'.repeat(8193)]) {
      await assert.rejects(readCertificateRequest(pem), code('invalid_certificate_request'))
    }
  })
})

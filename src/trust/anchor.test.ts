import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { checkAnchor, formatAnchor, parseAnchor, readAnchor, rootCertificatePem } from './anchor.ts'
import type { Anchor } from './anchor.ts'
import { createIssuingCa, createNetworkRoot } from './certificate-authority.ts'
import { generateNoteKey } from './note-key.ts'
import { code, temporaryDirectory, testAnchor } from './testing/fixtures.ts'
import { createTestNetwork } from './testing/test-network.ts'

describe('an anchor', () => {
  let anchor: Anchor

  before(async () => {
    anchor = await testAnchor('AE-DU')
  })

  it('survives in a file, and equal anchors are equal files', async () => {
    await using directory = await temporaryDirectory()
    const file = join(directory.path, 'anchor.json')
    await writeFile(file, formatAnchor(anchor))
    const read = await readAnchor(file)
    assert.deepEqual(read, anchor)
    assert.ok(Object.isFrozen(read))
    const reordered = Object.fromEntries(Object.entries(anchor).toReversed()) as Anchor
    assert.equal(formatAnchor(reordered), formatAnchor(anchor))
  })

  it('may be written by hand, in any order and with blanks', () => {
    assert.deepEqual(parseAnchor(JSON.stringify(anchor, null, 2)), anchor)
  })

  it('that is not there is said to be unreadable', async () => {
    await assert.rejects(readAnchor('/nonexistent/anchor.json'), code('file_unreadable'))
  })

  it('gives the root certificate as TLS wants it', () => {
    assert.match(rootCertificatePem(anchor), /^-----BEGIN CERTIFICATE-----/)
  })

  it('is refused when anything in it does not fit', async () => {
    const nowMs = Date.now()
    const root = await createNetworkRoot({ network: 'AE-DU', nowMs })
    const ca = await createIssuingCa({ network: 'AE-DU', root, nowMs })
    const net = await createTestNetwork('AE-DU')
    const { certificateChainPem } = await net.forge([], { by: 'itself' })
    const party = new X509Certificate(certificateChainPem).raw.toString('base64url')
    const wrong: readonly object[] = [
      { ...anchor, type: 'wusla/anchor/v2' },
      { ...anchor, network: 'AE/DU' },
      { ...anchor, network: 'XX' },
      { ...anchor, extra: true },
      { ...anchor, registryKey: anchor.registryKey.slice(4) },
      { ...anchor, registryKey: `${anchor.registryKey}=` },
      { ...anchor, logKey: generateNoteKey('wusla/AE-DU/other').vkey },
      { ...anchor, logKey: generateNoteKey('wusla/AE-DU/directory', 'cosignature').vkey },
      { ...anchor, logKey: 'x' },
      { ...anchor, rootCertificate: anchor.registryKey },
      { ...anchor, rootCertificate: Buffer.from(ca.certificateDer).toString('base64url') },
      { ...anchor, rootCertificate: party },
      { ...anchor, registryUrl: 'http://127.0.0.1:7000/' },
      { ...anchor, registryUrl: 'http://user:secret@127.0.0.1' },
      { ...anchor, registryUrl: 'javascript:alert(1)' },
      {},
      [],
    ]
    for (const value of wrong) {
      assert.throws(() => parseAnchor(JSON.stringify(value)), code('invalid_anchor'), JSON.stringify(value))
    }
    assert.throws(() => parseAnchor('{'), code('invalid_anchor'))
    assert.throws(() => parseAnchor(`${formatAnchor(anchor)}${' '.repeat(16_384)}`), code('invalid_anchor'))
  })

  it('names every problem of its form at once', () => {
    try {
      parseAnchor(JSON.stringify({ ...anchor, network: 1, registryUrl: 2, logKey: undefined }))
      assert.fail('accepted')
    } catch (error) {
      assert.match(JSON.stringify(error), /network.*registryUrl|registryUrl.*network/)
      assert.match(JSON.stringify(error), /logKey/)
    }
  })

  it('is refused when the certificate is signed by another key than its own', async () => {
    const pem = Buffer.from(anchor.rootCertificate, 'base64url')
    pem.writeUInt8(pem.readUInt8(pem.length - 1) ^ 1, pem.length - 1)
    assert.throws(
      () => checkAnchor({ ...anchor, rootCertificate: pem.toString('base64url') }),
      code('invalid_anchor'),
    )
  })
})

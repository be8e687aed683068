import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import type { Certificate } from 'pkijs'
import { AnsweringAuthorities, FRESH } from './testing/answering-authorities.ts'
import type { AuthorityServer, Handler } from './testing/authority-server.ts'
import { makeCertificate, makeCrl } from './testing/signing-authority.ts'
import { derOf, factsOf, signAs, type SigningStage } from './testing/signing-stage.ts'

let authorities: AnsweringAuthorities
let server: AuthorityServer
let stage: SigningStage
let once: Buffer

before(async () => {
  authorities = await AnsweringAuthorities.start()
  ;({ server, stage, once } = authorities)
})
after(async () => await authorities[Symbol.asyncDispose]())
beforeEach(() => authorities.reset())

describe('an answer that does not count', () => {
  /** What is left when it is the only answer for the signer. */
  const refused = async (handler: Handler, timeoutMs = 60_000): Promise<unknown> => {
    server.handlers.set('/issuer/ocsp', handler)
    server.handlers.delete('/issuer.crl')
    const { code, details } = await authorities.failure(once, { timeoutMs })
    assert.equal(code, 'revocation_unavailable')
    assert.deepEqual([details['field'], details['of'], details['depth']], ['Sign1', 'signer', 0])
    const tried = details['tried'] as readonly { readonly address: string; readonly reason: string }[]
    assert.deepEqual(
      tried.map(({ address }) => address),
      [`${server.url}/issuer/ocsp`, `${server.url}/issuer.crl`],
    )
    assert.equal(tried[1]?.reason, 'refused')
    return tried[0]?.reason
  }

  it('is one of another issuer, or of somebody without the right', async () => {
    const foreign = await makeCertificate({ name: 'Example Issuer', kind: 'authority' })
    assert.equal(await refused(authorities.ocspOf(stage.issuer, FRESH, foreign)), 'useless_answer')
    assert.equal(await refused(authorities.ocspOf(stage.issuer, FRESH, stage.officials[1])), 'useless_answer')
  })

  it('is a stale one, one from the future, one to somebody else, one that cannot be read', async () => {
    const stale = { from: '2026-11-27T00:00:00Z', until: '2026-11-28T00:00:00Z' }
    assert.equal(await refused(authorities.ocspOf(stage.issuer, stale)), 'useless_answer')
    const early = { from: '2026-12-24T00:00:00Z', until: '2026-12-31T00:00:00Z' }
    assert.equal(await refused(authorities.ocspOf(stage.issuer, early)), 'useless_answer')
    const nonce = Uint8Array.from([4, 1, 7]).buffer
    assert.equal(await refused(authorities.ocspOf(stage.issuer, { ...FRESH, nonce })), 'useless_answer')
    assert.equal(await refused(async () => await Promise.resolve(Buffer.from('junk'))), 'useless_answer')
  })

  it('is one without end, in bytes or in time', async () => {
    assert.equal(await refused(async () => await Promise.resolve(Buffer.alloc(10_000_000))), 'too_large')
    const drip: Handler = async (_question, response) => {
      const timer = setInterval(() => response.write('.'), 20)
      response.on('close', () => clearInterval(timer))
      return await Promise.resolve('answered')
    }
    assert.equal(await refused(drip, 3_000), 'timed_out')
    assert.equal(await refused(async () => await new Promise(() => {}), 3_000), 'timed_out')
  })

  it('is a redirection: nobody is sent elsewhere', async () => {
    authorities.serve('/elsewhere', () => derOf(stage.issuer.certificate))
    const away: Handler = async (_question, response) => {
      response.writeHead(302, { location: `${server.url}/elsewhere` }).end()
      return await Promise.resolve('answered')
    }
    assert.equal(await refused(away), 'redirected')
    assert.ok(!server.asked.includes('/elsewhere'))
  })

  it('leaves the list, and a list leaves nothing when it is stale or of another', async () => {
    server.handlers.delete('/issuer/ocsp')
    const { signatures } = await factsOf(stage, await authorities.complete(once), { partial: true })
    assert.equal(signatures[0]?.revocation, 'good')
    const stale = { from: '2026-11-27T00:00:00Z', until: '2026-11-28T00:00:00Z' }
    authorities.serve('/issuer.crl', async () => await makeCrl(stage.issuer, [], stale))
    assert.equal((await authorities.failure(once)).code, 'revocation_unavailable')
    const foreign = await makeCertificate({ name: 'Example Issuer', kind: 'authority' })
    authorities.serve('/issuer.crl', async () => await makeCrl(foreign, [], FRESH))
    assert.equal((await authorities.failure(once)).code, 'revocation_unavailable')
  })
})

describe('a revocation list', () => {
  it('is read with a thousand revoked certificates, and is no answer with four thousand', async () => {
    server.handlers.delete('/issuer/ocsp')
    const listOf = async (count: number): Promise<Uint8Array> => {
      const revoked = Array.from({ length: count }, () => stage.timeAuthority.certificate)
      return await makeCrl(stage.issuer, revoked, FRESH)
    }
    authorities.serve('/issuer.crl', async () => await listOf(1_000))
    const { signatures } = await factsOf(stage, await authorities.complete(once), { partial: true })
    assert.equal(signatures[0]?.revocation, 'good')
    authorities.serve('/issuer.crl', async () => await listOf(4_000))
    const { details } = await authorities.failure(once)
    assert.deepEqual((details['tried'] as object[])[1], {
      address: `${server.url}/issuer.crl`,
      reason: 'useless_answer',
    })
  })
})

describe('a path that leads to none of the roots', () => {
  it('is not asked about', async () => {
    const other = await makeCertificate({ name: 'Other Root', kind: 'authority' })
    const error = await authorities.failure(once, { roots: [derOf(other.certificate)] })
    assert.equal(error.code, 'revocation_unavailable')
    assert.deepEqual(error.details, { field: 'Sign1', of: 'signer', reason: 'certificate_path' })
    assert.deepEqual(
      server.asked.filter((path) => path.includes('ocsp') || path.includes('crl')),
      [],
    )
  })

  it('is not continued by a certificate that did not issue', async () => {
    const foreign = await makeCertificate({ name: 'Example Issuer', kind: 'authority', issuer: stage.root })
    authorities.serve('/issuer.cer', () => derOf(foreign.certificate))
    assert.equal((await authorities.failure(once)).details['reason'], 'certificate_path')
    assert.deepEqual(server.asked, ['/issuer.cer'])
  })

  it('ends however long authorities name another one above them', async () => {
    // Each is issued by the next, and the last is never reached.
    let above = await makeCertificate({ name: 'Tower 9', kind: 'authority' })
    const tower: Certificate[] = [above.certificate]
    for (let floor = 8; floor >= 0; floor -= 1) {
      const addresses = { issuer: `${server.url}/tower/${floor + 1}` }
      above = await makeCertificate({ name: `Tower ${floor}`, kind: 'authority', issuer: above, addresses })
      tower.unshift(above.certificate)
    }
    for (const [floor, certificate] of tower.entries())
      authorities.serve(`/tower/${floor}`, () => derOf(certificate))
    const signer = await makeCertificate({
      name: 'Climber',
      kind: 'official',
      issuer: above,
      addresses: { issuer: `${server.url}/tower/0` },
    })
    const error = await authorities.failure(await authorities.signedBy(signer))
    assert.equal(error.details['reason'], 'certificate_path')
    assert.equal(server.asked.filter((path) => path.startsWith('/tower')).length, 4)
  })

  it('is asked about at four addresses of a kind and no more', async () => {
    const crl = Array.from({ length: 9 }, (_, index) => `${server.url}/list/${index}`)
    const signer = await makeCertificate({
      name: 'Many lists',
      kind: 'official',
      issuer: stage.root,
      addresses: { crl },
    })
    const { details } = await authorities.failure(await authorities.signedBy(signer))
    assert.equal(details['reason'], 'no_answer')
    assert.deepEqual(server.asked, ['/list/0', '/list/1', '/list/2', '/list/3'])
  })

  it('names no address that is asked when it is not of the web', async () => {
    const asked: string[] = []
    const addresses = {
      issuer: 'file:///etc/passwd',
      ocsp: 'ldap://127.0.0.1/',
      crl: 'http://a:b@127.0.0.1/',
    }
    const signer = await makeCertificate({
      name: 'Elsewhere',
      kind: 'official',
      issuer: stage.root,
      addresses,
    })
    const signed = await authorities.signedBy(signer)
    const error = await authorities.failure(signed, {
      fetch: async (address) => {
        asked.push(address instanceof Request ? address.url : address.toString())
        return await Promise.reject(new Error('asked'))
      },
    })
    assert.deepEqual(error.details['tried'], [
      { address: addresses.ocsp, reason: 'not_an_address' },
      { address: addresses.crl, reason: 'not_an_address' },
    ])
    assert.deepEqual(asked, [])
  })
})

describe('what is no signed document', () => {
  it('is told', async () => {
    const reasonOf = async (pdf: Uint8Array): Promise<unknown> => {
      const { code, details } = await authorities.failure(pdf)
      assert.equal(code, 'revocation_unavailable')
      return details['reason']
    }
    assert.equal(await reasonOf(Buffer.from('no document')), 'document_unreadable')
    const packed = Buffer.concat([once, Buffer.from('\n9999 0 obj << /Type /Obj#53tm >> endobj\n')])
    assert.equal(await reasonOf(packed), 'document_unreadable')
    const bare = await signAs(stage, 0, stage.document.pdf, { time: undefined })
    assert.equal(await reasonOf(bare), 'no_time_stamp')
    const junk = await signAs(stage, 0, stage.document.pdf, {
      instead: async () => await Promise.resolve(Buffer.from('junk')),
    })
    assert.equal(await reasonOf(junk), 'invalid_cms')
  })

  it('gets nothing when nobody has signed', async () => {
    assert.ok((await authorities.complete(stage.document.pdf)).equals(stage.document.pdf))
    assert.deepEqual(server.asked, [])
  })
})

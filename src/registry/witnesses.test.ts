import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { suite, test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { enrolmentKey } from '../directory/enrolment-key.ts'
import { openCheckpoint } from '../ledger/checkpoint.ts'
import { openWitness, witnessAnswer } from '../ledger/witness.ts'
import { systemClock } from '../protocol/clock.ts'
import { directoryOrigin } from '../trust/anchor.ts'
import { createCertificateRequest } from '../trust/certificate-request.ts'
import { generateNoteKey, type NoteSigner, parseVkey } from '../trust/note-key.ts'
import { generateSealKey } from '../trust/seal-key.ts'
import { signChange } from '../trust/signed-change.ts'
import { DEWA, NAME, NETWORK, RTA, TestRegistry, textOf } from './testing/test-registry.ts'

const CORE = `${NETWORK}/branch/CORE`

/** Serves the HTTP of a branch. */
async function serve(handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>) {
  const server = createServer((request, response) => void handle(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

async function commission(registry: TestRegistry, mirrorUrl: string, witness: NoteSigner): Promise<void> {
  const token = await registry.token(CORE, { kind: 'branch', member: DEWA })
  const tls = generateSealKey()
  const change = registry.change('branch_commissioned', {
    branch: CORE,
    host: DEWA,
    controlAddress: '127.0.0.1:1',
    tunnelAddress: '127.0.0.1:2',
    mirrorUrl,
    tlsKey: textOf(tls),
    witnessKey: witness.vkey,
  })
  const signatures = [await signChange(change, CORE, tls), enrolmentKey(token.secret).sign(change)]
  await registry.must(
    await registry.post('/v1/enrol', { change, signatures, csr: await createCertificateRequest(tls) }),
  )
}

/** Waits until the checkpoint that the registry serves carries a cosignature. */
async function cosignedSize(registry: TestRegistry, witness: NoteSigner, atLeast: number): Promise<number> {
  for (;;) {
    const note = (await registry.get('/log/checkpoint')).text
    const trust = { origin: directoryOrigin(NETWORK), log: parseVkey(registry.anchor.logKey) }
    const opened = openCheckpoint(note, { ...trust, witnesses: [witness.verifier] })
    assert.ok(opened.ok)
    if (opened.cosignatures.length > 0 && opened.size >= atLeast) return opened.size
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

interface Status {
  readonly log: {
    readonly size: number
    readonly checkpointSize: number
    readonly lastChange?: { readonly kind: string; readonly subject: string }
  }
  readonly branches: number
  readonly witnesses: readonly object[]
}

async function statusOf(registry: TestRegistry): Promise<Status> {
  const headers = { authorization: `Bearer ${registry.tokens.auditor}` }
  const response = await fetch(`${registry.url}/v1/status`, { headers })
  return (await response.json()) as Status
}

suite('witnesses of the directory', () => {
  test('a branch cosigns each checkpoint, and the registry serves it so', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'wusla-witness-'))
    await using _removed = { [Symbol.asyncDispose]: () => rm(directory, { recursive: true }) }
    await using registry = await TestRegistry.start()
    const signer = generateNoteKey(`wusla/${CORE}`, 'cosignature')
    await using witness = openWitness({
      directory,
      signer,
      logKeys: (origin) =>
        origin === directoryOrigin(NETWORK) ? [parseVkey(registry.anchor.logKey)] : undefined,
      clock: systemClock,
      onEvent: () => undefined,
    })
    await using branch = await serve(async (request, response) => {
      const answer = witnessAnswer(await witness.addCheckpoint(await text(request)))
      response.writeHead(answer.status, { 'content-type': answer.contentType }).end(answer.body)
    })
    await registry.as('operator', '/v1/members', { member: DEWA, name: NAME })
    await commission(registry, branch.url, signer)
    assert.equal(await cosignedSize(registry, signer, 3), 3)
    const standing = { branch: CORE, size: 3, isCurrent: true, failures: 0 }
    // The checkpoint is served with the cosignature a moment before the witness is noted as current.
    let status = await statusOf(registry)
    while (!isDeepStrictEqual(status.witnesses, [standing])) {
      await new Promise((resolve) => setTimeout(resolve, 20))
      status = await statusOf(registry)
    }
    const { log, witnesses, branches } = status
    assert.deepEqual([witnesses, branches], [[standing], 1])
    assert.deepEqual(
      [log.size, log.checkpointSize, log.lastChange?.kind, log.lastChange?.subject],
      [3, 3, 'branch_commissioned', CORE],
    )
    await registry.as('operator', '/v1/members', { member: RTA, name: NAME })
    assert.equal(await cosignedSize(registry, signer, 4), 4)
    await registry.stop()
    await registry.start()
    assert.equal(await cosignedSize(registry, signer, 4), 4)
  })

  test('one that fails, answers without end or signs nonsense holds nobody up and is asked less and less', async () => {
    let nowMs = Date.now()
    await using registry = await TestRegistry.start({ nowMs: () => nowMs })
    let asked = 0
    await using branch = await serve(async (request, response) => {
      await text(request)
      asked += 1
      if (asked === 1) response.writeHead(500).end()
      else if (asked === 2) response.end('x'.repeat(1_000_000))
      else response.end('— nobody AAAAAAAA\n')
    })
    await registry.as('operator', '/v1/members', { member: DEWA, name: NAME })
    await commission(registry, branch.url, generateNoteKey(`wusla/${CORE}`, 'cosignature'))
    const failures = async (count: number): Promise<void> => {
      while (registry.events.filter(({ kind }) => kind === 'witness_failed').length < count) {
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }
    await failures(1)
    for (let i = 0; i < 4; i += 1) {
      await registry.must(
        await registry.as('operator', '/v1/members', { member: `${NETWORK}/COM/C${i}`, name: NAME }),
      )
    }
    assert.equal(asked, 1, 'not again before its time')
    const failingSince = new Date(nowMs).toISOString()
    const told = { branch: CORE, size: 0, isCurrent: false, failures: 1, failingSince, detail: 'refused' }
    assert.deepEqual((await statusOf(registry)).witnesses, [told])
    nowMs += 120_000
    await failures(2)
    const later = { ...told, failures: 2, detail: 'the answer is too long' }
    assert.deepEqual((await statusOf(registry)).witnesses, [later], 'since the first failure')
    nowMs += 120_000
    await failures(3)
    const details = registry.events.flatMap((event) =>
      event.kind === 'witness_failed' ? [event.detail] : [],
    )
    assert.deepEqual(details, ['refused', 'the answer is too long', 'bad-cosignature'])
  })
})

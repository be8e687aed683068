import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { judgeAcknowledgement } from '../../src/evidence/acknowledgement.ts'
import { formatEvidenceFile } from '../../src/evidence/evidence-file.ts'
import { nextExchange, openStore, recordExchange } from '../../src/evidence/testing/open-store.ts'
import {
  type ExchangeOnPaper,
  NO_BODY,
  type PaperExchange,
} from '../../src/evidence/testing/paper-exchange.ts'
import { twoMembers } from '../../src/evidence/testing/two-members.ts'
import { verifyEvidence } from '../../src/evidence/verify-evidence.ts'
import { acknowledgementPath } from '../../src/protocol/acknowledgement.ts'
import { digest256 } from '../../src/protocol/digest.ts'
import { encodeAnswerStatement } from '../../src/protocol/statement.ts'

// Both verifiers put the same files together, and must say the same about each pair.

const SCRIPT = fileURLToPath(new URL('verify_evidence.py', import.meta.url))

function pathOf({ request, answer }: PaperExchange): string {
  return acknowledgementPath({ exchange: request.exchange, answer: digest256(encodeAnswerStatement(answer)) })
}

type Made = {
  readonly request: NonNullable<ExchangeOnPaper['request']>
  readonly answer: NonNullable<ExchangeOnPaper['answer']>
}

/** What is wrong with each pair, and what makes it so. */
function pairsOf(about: PaperExchange, other: PaperExchange): readonly (readonly [string, Made])[] {
  const { agreement } = about.request
  const request = { agreement, method: 'PUT', path: pathOf(about), ...NO_BODY }
  const answer = { ...NO_BODY, status: 204 }
  const answered = { exchange: about.request.exchange, answer: digest256('another') }
  return [
    ['ok', { request, answer }],
    ['not_an_acknowledgement', { request: { ...request, method: 'POST' }, answer }],
    ['not_an_acknowledgement', { request: { ...request, path: `${request.path}/` }, answer }],
    ['not_an_acknowledgement', { request: { ...request, query: '' }, answer }],
    ['not_an_acknowledgement', { request: { agreement, method: 'PUT', path: request.path }, answer }],
    ['not_an_acknowledgement', { request: { ...request, path: '/bills' }, answer }],
    ['other_exchange', { request: { ...request, path: pathOf(other) }, answer }],
    ['other_answer', { request: { ...request, path: acknowledgementPath(answered) }, answer }],
    ['other_parties', { request: { ...request, client: 'AE-DU/GOV/RTA/FINES' }, answer }],
    ['other_parties', { request: { ...request, service: 'AE-DU/SEMI/DEWA/BILLING/meters' }, answer }],
    ['other_parties', { request: { ...request, agreement: 'open' }, answer }],
    ['not_taken', { request, answer: { ...NO_BODY, status: 409, error: 'conflict' } }],
    ['not_taken', { request, answer: { ...NO_BODY, status: 200 } }],
  ]
}

test('two files show an acknowledgement, or why they do not, to both verifiers', async (context) => {
  const paper = await twoMembers()
  const { network } = paper
  const { store } = await openStore(context, paper, paper.rta)
  const folder = mkdtempSync(join(tmpdir(), 'wusla-pairs-'))
  context.after(() => rmSync(folder, { recursive: true }))
  const fileOf = async (exchange: PaperExchange): Promise<string> => {
    await recordExchange(store, exchange, true)
    const file = formatEvidenceFile(await store.exportExchange(exchange.request.exchange, network))
    const verified = verifyEvidence(file, network.anchor)
    assert.ok(verified.ok, JSON.stringify(verified))
    return file
  }
  const [about, other] = [nextExchange(paper), nextExchange(paper)]
  const first = await fileOf(about)
  const refused = await fileOf(nextExchange(paper, { answer: { status: 502, error: 'backend_unreachable' } }))
  const pairs: { readonly wanted: string; readonly first: string; readonly second: string }[] = []
  for (const [wanted, made] of pairsOf(about, other)) {
    const exchange = nextExchange(paper, made)
    const second = await fileOf(exchange)
    const judged = judgeAcknowledgement(first, second)
    assert.equal(judged.ok ? 'ok' : judged.code, wanted)
    if (judged.ok)
      assert.deepEqual([judged.exchange, judged.time], [exchange.request.exchange, exchange.answer.time])
    pairs.push({ wanted, first, second })
  }
  pairs.push({ wanted: 'no_answer', first: refused, second: pairs[0]?.second ?? '' })
  for (const { wanted, first: one, second } of pairs.slice(-1)) {
    const judged = judgeAcknowledgement(one, second)
    assert.equal(judged.ok ? 'ok' : judged.code, wanted)
  }
  if (hasPython(context)) assertPythonAgrees(folder, JSON.stringify(network.anchor), pairs)
})

function assertPythonAgrees(
  folder: string,
  anchor: string,
  pairs: readonly { readonly wanted: string; readonly first: string; readonly second: string }[],
): void {
  const [anchorFile, first, second] = ['anchor', 'first', 'second'].map((name) => join(folder, name))
  assert.ok(anchorFile !== undefined && first !== undefined && second !== undefined)
  writeFileSync(anchorFile, anchor)
  for (const pair of pairs) {
    writeFileSync(first, pair.first)
    writeFileSync(second, pair.second)
    const args: string[] = ['-B', SCRIPT, first, '--anchor', anchorFile, '--acknowledgement', second]
    const { stdout, stderr } = spawnSync('python3', args, { encoding: 'utf8' })
    assert.equal(stderr, '')
    const { acknowledgement } = JSON.parse(stdout) as { acknowledgement: { ok: boolean; code?: string } }
    assert.equal(acknowledgement.ok ? 'ok' : acknowledgement.code, pair.wanted)
  }
}

function hasPython(context: TestContext): boolean {
  const { status } = spawnSync('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 8))'])
  if (status === 0) return true
  context.diagnostic('python3 (3.8 or later) is not installed here: the independent verifier was not run')
  return false
}

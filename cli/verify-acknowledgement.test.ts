import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { formatEvidenceFile } from '../src/evidence/evidence-file.ts'
import { nextExchange, openStore, recordExchange, witnessedBy } from '../src/evidence/testing/open-store.ts'
import { type ExchangeOnPaper, NO_BODY, type PaperExchange } from '../src/evidence/testing/paper-exchange.ts'
import { twoMembers } from '../src/evidence/testing/two-members.ts'
import { acknowledgementPath } from '../src/protocol/acknowledgement.ts'
import { digest256 } from '../src/protocol/digest.ts'
import { encodeAnswerStatement } from '../src/protocol/statement.ts'
import { acknowledgementLines, verifyAcknowledgement } from './verify-acknowledgement.ts'

test('two files tell since when an answer counts as delivered, in both languages, or why not', async (context) => {
  const paper = await twoMembers()
  const { network, core } = paper
  const cosign = witnessedBy([core], () => network.nowMs)
  const { store } = await openStore(context, paper, paper.rta, { cosign })
  const folder = await mkdtemp(join(tmpdir(), 'wusla-acknowledged-'))
  context.after(async () => await rm(folder, { recursive: true }))
  const evidenceOf = async (
    options: Partial<ExchangeOnPaper>,
  ): Promise<{ made: PaperExchange; file: string }> => {
    const made = nextExchange(paper, options)
    await recordExchange(store, made, true)
    return { made, file: formatEvidenceFile(await store.exportExchange(made.request.exchange, network)) }
  }
  const about = await evidenceOf({})
  const { request, answer } = about.made
  const named = { exchange: request.exchange, answer: digest256(encodeAnswerStatement(answer)) }
  const words = { agreement: request.agreement, method: 'PUT', path: acknowledgementPath(named), ...NO_BODY }
  const said = await evidenceOf({ request: words, answer: { ...NO_BODY, status: 204 } })
  const judge = async (text: string): Promise<ReturnType<typeof verifyAcknowledgement>> => {
    const name = join(folder, 'second.json')
    await writeFile(name, text)
    return await verifyAcknowledgement(Buffer.from(about.file), name, network.anchor)
  }

  const proven = await judge(said.file)
  assert.ok(proven.ok)
  assert.deepEqual([proven.time, proven.exchange], [said.made.answer.time, said.made.request.exchange])
  const [english = '', seen = ''] = acknowledgementLines(proven, 'en')
  assert.equal(
    english,
    `acknowledged: the answer counts as delivered since ${said.made.answer.time} (exchange ${said.made.request.exchange})`,
  )
  assert.match(seen, /it existed by .*, when AE-DU\/branch\/CORE saw it/)
  assert.ok(acknowledgementLines(proven, 'ar')[0]?.includes(said.made.answer.time))

  const other = await judge(about.file)
  assert.deepEqual([other.ok, other.ok || other.code], [false, 'not_an_acknowledgement'])
  assert.match(acknowledgementLines(other, 'en').join(), /not proven: .*\(not_an_acknowledgement\)/)
  // A file that says all the right words is nothing before it is verified by itself.
  const forged = await judge(said.file.replace(said.made.answer.time, about.made.answer.time))
  assert.ok(!forged.ok && 'step' in forged)
  assert.equal(acknowledgementLines(forged, 'en')[0], 'the evidence of the acknowledgement:')
})

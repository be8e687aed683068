import {
  ANSWER_BODY,
  answerTo,
  exchangeOnPaper,
  fileOnPaper,
  newRequest,
  REQUEST_BODY,
  sealBatch,
} from '../../../src/evidence/testing/paper-exchange.ts'
import type { PaperExchange } from '../../../src/evidence/testing/paper-exchange.ts'
import { newGateway } from '../../../src/evidence/testing/paper-network.ts'
import type { EvidenceFile } from '../../../src/evidence/evidence-file.ts'
import type { SealedBatch } from '../../../src/protocol/batch.ts'
import { digest256 } from '../../../src/protocol/digest.ts'
import { encodeAnswerStatement, encodeRequestStatement } from '../../../src/protocol/statement.ts'
import { generateSealKey } from '../../../src/trust/seal-key.ts'
import { AGREEMENT, base64, copyOf } from './vector.ts'
import type { Scene, VectorList } from './vector.ts'

/** Files whose statements, batches, seals or bodies do not hold. */
export async function addBadExchangeVectors(list: VectorList, scene: Scene): Promise<void> {
  const good = await scene.file()
  addRequests(list, scene, good)
  await addRequestBatches(list, scene, good)
  await addMembers(list, scene)
  await addSeals(list, scene, 'request')
  await addSeals(list, scene, 'answer')
  await addAnswers(list, scene, good)
  await addAgreements(list, scene)
  addBodies(list, scene, good)
}

function withStatement(good: EvidenceFile, half: 'request' | 'answer', text: string): EvidenceFile {
  const file = copyOf(good)
  file[half].statement = text
  return file
}

async function fileOf(
  { network, rta, core, exchange }: Scene,
  changed: Partial<PaperExchange>,
): Promise<EvidenceFile> {
  return await fileOnPaper({ network, holder: rta, exchange: { ...exchange, ...changed }, witnesses: [core] })
}

function addRequests(list: VectorList, { network, atMs }: Scene, good: EvidenceFile): void {
  const { statement } = good.request
  const bad = (name: string, code: string, text: string): void =>
    list.bad(`request: ${name}`, network, withStatement(good, 'request', text), ['request-statement', code])
  bad('white space', 'invalid_statement', statement.replace(',', ', '))
  bad('a member nobody knows', 'invalid_statement', statement.replace('"type"', '"tool":1,"type"'))
  bad('a body without a length', 'invalid_statement', statement.replace(/"bodyBytes":\d+/, '"bodyBytes":0'))
  bad('a method exchanges do not have', 'invalid_statement', statement.replace('"POST"', '"LINK"'))
  bad('a path without its slash', 'invalid_statement', statement.replace('"/2026"', '"2026"'))
  bad('a time without milliseconds', 'invalid_statement', statement.replace(/\.\d{3}Z/, 'Z'))
  bad('a client spelled differently', 'invalid_statement', statement.replace('LICENSING', '%4CICENSING'))
  bad('an answer', 'invalid_statement', good.answer?.statement ?? '')
  const other = newRequest({ nowMs: atMs, agreement: AGREEMENT })
  bad('of another exchange', 'other_exchange', encodeRequestStatement(other))
  bad('a client of another network', 'other_network', statement.replace('"client":"AE-DU', '"client":"AE-AZ'))
  bad(
    'a service of another network',
    'other_network',
    statement.replace('"service":"AE-DU', '"service":"AE-AZ'),
  )
}

async function addRequestBatches(list: VectorList, scene: Scene, good: EvidenceFile): Promise<void> {
  const { network, rta, dewa, exchange } = scene
  const { statements } = exchange.requestBatch
  const step = 'request-batch-proof'
  const header = copyOf(good)
  header.request.batch.header = header.request.batch.header.replace('{', '{ ')
  list.bad('request batch: a header with white space', network, header, [step, 'invalid_header'])
  const abroad = sealBatch(
    { ...rta, id: 'AE-AZ/GOV/RTA/gw-1' },
    { ...dewa, id: 'AE-AZ/SEMI/DEWA/gw-1' },
    statements,
    { network: 'AE-AZ' },
  )
  list.bad('request batch: of another network', network, await fileOf(scene, { requestBatch: abroad }), [
    step,
    'other_network',
  ])
  const answers = sealBatch(rta, dewa, statements, { kind: 'answers' })
  list.bad('request batch: of answers', network, await fileOf(scene, { requestBatch: answers }), [
    step,
    'wrong_kind',
  ])
  const index = copyOf(good)
  index.request.index = 0
  list.bad('request batch: a proof for another index', network, index, [step, 'not_included'])
  const method = withStatement(good, 'request', good.request.statement.replace('"POST"', '"GET"'))
  list.bad('request batch: a changed statement', network, method, [step, 'not_included'])
  const proof = copyOf(good)
  proof.request.proof.pop()
  list.bad('request batch: a proof too short', network, proof, [step, 'not_included'])
}

async function addMembers(list: VectorList, scene: Scene): Promise<void> {
  const { network, rta, dewa, exchange, file } = scene
  const { statements } = exchange.requestBatch
  const stranger = exchangeOnPaper(rta, dewa, {
    nowMs: scene.atMs,
    size: 1,
    place: 0,
    request: { client: 'AE-DU/GOV/DHA/X' },
  })
  list.bad('a member nobody admitted', network, await fileOf(scene, stranger), ['members', 'unknown_member'])
  const crossed = exchangeOnPaper(rta, dewa, {
    nowMs: scene.atMs,
    size: 1,
    place: 0,
    request: { client: `${dewa.member}/X` },
  })
  list.bad('a gateway that speaks for another member', network, await fileOf(scene, crossed), [
    'members',
    'other_gateway',
  ])
  const unknown = { ...rta, id: `${rta.member}/gw-9` }
  const requestBatch = sealBatch(unknown, dewa, statements)
  list.bad('a gateway nobody enrolled', network, await fileOf(scene, { requestBatch }), [
    'members',
    'unknown_gateway',
  ])
  const holder = newGateway('AE-DU/GOV/DHA/gw-1')
  list.bad('a holder that had no part', network, await file({ holder }), ['members', 'other_holder'])
}

/** Seals of one half, made wrong in every way. */
async function addSeals(list: VectorList, scene: Scene, half: 'request' | 'answer'): Promise<void> {
  const { network, rta, dewa, exchange } = scene
  const [from, to] = half === 'request' ? [rta, dewa] : [dewa, rta]
  const name = half === 'request' ? 'requestBatch' : 'answerBatch'
  const kind = half === 'request' ? 'requests' : 'answers'
  const { statements } = exchange[name]
  const bad = async (what: string, step: string, code: string, batch: SealedBatch): Promise<void> =>
    list.bad(`${half} seal: ${what}`, network, await fileOf(scene, { [name]: batch }), [step, code])
  const good = sealBatch(from, to, statements, { kind })
  const [seal] = good.seals
  if (seal === undefined) throw new Error('no seal')
  await bad('of an unknown algorithm only', `${half}-key`, 'no_known_algorithm', {
    ...good,
    seals: [{ ...seal, alg: 'ML-DSA-65' }],
  })
  await bad(
    'by a key nobody bound',
    `${half}-key`,
    'unknown_key',
    sealBatch({ ...from, seal: generateSealKey() }, to, statements, { kind }),
  )
  await bad(
    'by a TLS key',
    `${half}-key`,
    'unknown_key',
    sealBatch({ ...from, seal: from.tls }, to, statements, { kind }),
  )
  await bad(
    'by another member',
    `${half}-key`,
    'other_owner',
    sealBatch({ ...from, seal: to.seal }, to, statements, { kind }),
  )
  const claimed = sealBatch({ ...from, seal: to.seal }, to, statements, { kind }).seals.map((other) => ({
    ...other,
    key: seal.key,
  }))
  await bad('by another member in its name', `${half}-seal`, 'invalid_signature', { ...good, seals: claimed })
  const bytes = Buffer.from(seal.value, 'base64url')
  bytes[40] = (bytes[40] ?? 0) ^ 1
  await bad('with a changed bit', `${half}-seal`, 'invalid_signature', {
    ...good,
    seals: [{ ...seal, value: bytes.toString('base64url') }],
  })
  await bad('too short', `${half}-seal`, 'invalid_signature', {
    ...good,
    seals: [{ ...seal, value: seal.value.slice(0, 80) }],
  })
  await bad('a good one and a bad one', `${half}-seal`, 'invalid_signature', {
    ...good,
    seals: [seal, { ...seal, value: bytes.toString('base64url') }],
  })
  const zero = Buffer.alloc(64).toString('base64url')
  await bad('all zero', `${half}-seal`, 'invalid_signature', { ...good, seals: [{ ...seal, value: zero }] })
}

async function addAnswers(list: VectorList, scene: Scene, good: EvidenceFile): Promise<void> {
  const { network, rta, dewa, exchange, atMs } = scene
  const statement = good.answer?.statement ?? ''
  const spaced = withStatement(good, 'answer', statement.replace(',', ', '))
  list.bad('answer: white space', network, spaced, ['answer-statement', 'invalid_statement'])
  const code = withStatement(
    good,
    'answer',
    statement.replace('"exchange"', '"error":"Not a code","exchange"'),
  )
  list.bad('answer: an error that is no code', network, code, ['answer-statement', 'invalid_statement'])
  const status = withStatement(good, 'answer', statement.replace('"status":200', '"status":99'))
  list.bad('answer: a status that is none', network, status, ['answer-statement', 'invalid_statement'])
  const other = exchangeOnPaper(rta, dewa, { nowMs: atMs + 7, size: 3, place: 1 })
  const swapped = { ...good, answer: (await fileOf(scene, other)).answer }
  list.bad('answer: of another exchange', network, swapped, ['answer-statement', 'other_exchange'])
  const lie = answerTo(exchange.request, { request: digest256('another request') })
  const lies = sealBatch(dewa, rta, [encodeAnswerStatement(lie)], { kind: 'answers' })
  list.bad(
    'answer: to another request',
    network,
    await fileOf(scene, { answer: lie, answerBatch: lies, answerPlace: 0 }),
    ['answer-binds-request', 'other_request'],
  )
  const step = 'answer-batch-proof'
  const { statements } = exchange.answerBatch
  const bad = async (name: string, code: string, answerBatch: SealedBatch): Promise<void> =>
    list.bad(`answer batch: ${name}`, network, await fileOf(scene, { answerBatch }), [step, code])
  const abroad = { network: 'AE-AZ', kind: 'answers' } as const
  await bad(
    'of another network',
    'other_network',
    sealBatch(
      { ...dewa, id: 'AE-AZ/SEMI/DEWA/gw-1' },
      { ...rta, id: 'AE-AZ/GOV/RTA/gw-1' },
      statements,
      abroad,
    ),
  )
  await bad('of requests', 'wrong_kind', sealBatch(dewa, rta, statements))
  const session = digest256('another session')
  await bad(
    'of another session',
    'other_session',
    sealBatch(dewa, rta, statements, { kind: 'answers', session }),
  )
  await bad(
    'to another gateway',
    'other_session',
    sealBatch(dewa, { ...rta, id: `${rta.member}/gw-2` }, statements, { kind: 'answers' }),
  )
  const header = copyOf(good)
  header.answer.batch.header = header.answer.batch.header.replace('"kind"', '"Kind"')
  list.bad('answer batch: a header with another member', network, header, [step, 'invalid_header'])
  const index = copyOf(good)
  index.answer.index = 2
  list.bad('answer batch: a proof for another index', network, index, [step, 'not_included'])
}

async function addAgreements(list: VectorList, scene: Scene): Promise<void> {
  const { network, rta, dewa, atMs } = scene
  const alone = { nowMs: atMs, size: 1, place: 0 }
  const unknown = exchangeOnPaper(rta, dewa, { ...alone, request: { agreement: digest256('never agreed') } })
  list.bad('an agreement nobody knows', network, await fileOf(scene, unknown), [
    'agreement',
    'agreement_missing',
  ])
  await scene.aside(async () => {
    const dha = newGateway('AE-DU/GOV/DHA/gw-1')
    await network.admit(dha.member)
    await network.enrol(dha, network.by)
    const request = { agreement: AGREEMENT, client: `${dha.member}/X` }
    const others = exchangeOnPaper(dha, dewa, { ...alone, nowMs: network.nowMs, request })
    const file = await fileOnPaper({ network, holder: dha, exchange: others })
    list.bad('an agreement of others', network, file, ['agreement', 'other_parties'])
  })
}

function addBodies(list: VectorList, { network }: Scene, good: EvidenceFile): void {
  const differs = ['body-request', 'body_differs'] as const
  list.bad('a request body of the same length', network, good, differs, {
    requestBody: base64(Buffer.from('{"bill":"2026-12"}')),
  })
  list.bad('a request body that is cut', network, good, differs, {
    requestBody: base64(REQUEST_BODY.subarray(1)),
  })
  list.bad('the request body as answer', network, good, ['body-response', 'body_differs'], {
    responseBody: base64(REQUEST_BODY),
  })
  list.bad(
    'a body for an answer that is not there',
    network,
    { ...good, answer: null },
    ['body-response', 'no_answer'],
    { responseBody: base64(ANSWER_BODY) },
  )
}

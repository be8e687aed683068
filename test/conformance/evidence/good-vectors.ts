import {
  ANSWER_BODY,
  answerTo,
  exchangeOnPaper,
  fileOnPaper,
  NO_BODY,
  REQUEST_BODY,
  sealBatch,
} from '../../../src/evidence/testing/paper-exchange.ts'
import type { PaperExchange } from '../../../src/evidence/testing/paper-exchange.ts'
import { newBranch, newGateway, publicKeyOf } from '../../../src/evidence/testing/paper-network.ts'
import { digest256 } from '../../../src/protocol/digest.ts'
import { encodeAnswerStatement, encodeRequestOpening } from '../../../src/protocol/statement.ts'
import {
  agreeSigned,
  endMandate,
  grantMandate,
  mandateId,
  setPolicy,
} from '../../../src/evidence/testing/paper-signing.ts'
import { generateSealKey } from '../../../src/trust/seal-key.ts'
import { AGREEMENT, base64, MINUTE } from './vector.ts'
import type { Scene, VectorList } from './vector.ts'

/** Files that every verifier accepts. */
export async function addGoodVectors(list: VectorList, scene: Scene): Promise<void> {
  await scene.aside(() => addPlainFiles(list, scene))
  await addUnusualStatements(list, scene)
  await addEndedKeys(list, scene)
  await scene.aside(() => addFurtherKeys(list, scene))
  await scene.aside(() => addStandings(list, scene))
  await scene.aside(() => addSignedAgreements(list, scene))
}

async function addPlainFiles(list: VectorList, scene: Scene): Promise<void> {
  const { network, dewa, file } = scene
  const good = await file()
  const bodies = { requestBody: base64(REQUEST_BODY), responseBody: base64(ANSWER_BODY) }
  list.good('the consumer’s file', network, good)
  list.good('the provider’s file', network, await file({ holder: dewa }))
  list.good('with both bodies', network, good, bodies)
  list.good('with the complete directory', network, good, { directoryEntries: network.entries.slice() })
  list.good('without an answer', network, await file({ unanswered: true }))
  list.good('without witnesses', network, await file({ witnesses: [] }))
  list.good('laid out with white space', network, JSON.stringify(good, null, 1))
  list.good(
    'members in another order',
    network,
    JSON.stringify(Object.fromEntries(Object.entries(good).reverse())),
  )
  const escaped = JSON.stringify(good).replaceAll('/', '\\/').replace('"exchange"', '"\\u0065xchange"')
  list.good('with needless escapes', network, escaped)
  list.good(
    'numbers in another spelling',
    network,
    JSON.stringify(good).replace('"index":1,', '"index":10e-1,'),
  )
  await network.admit('AE-DU/COM/LATER')
  list.good('with entries beyond the checkpoint', network, good, { directoryEntries: network.entries })
}

async function addUnusualStatements(list: VectorList, scene: Scene): Promise<void> {
  const { network, rta, dewa, core, exchange, atMs, file } = scene
  const fileOf = (changed: PaperExchange) =>
    fileOnPaper({ network, holder: rta, exchange: changed, witnesses: [core] })
  const alone = { nowMs: atMs, size: 1, place: 0 }
  const bare = exchangeOnPaper(rta, dewa, { ...alone, request: NO_BODY, answer: { ...NO_BODY, status: 204 } })
  list.good('no bodies, alone in its batches', network, await fileOf(bare), {
    requestBody: '',
    responseBody: '',
  })
  const words = {
    client: rta.member,
    service: `${dewa.member}/%D9%85%D8%B1%D9%83%D8%B2/list;v=2`,
    messageId: 'رسالة "7" \\ \u{1F4E8}',
    user: 'AE784',
    issue: 'طلب 7',
    representedParty: 'COM/1234',
    query: '',
  }
  list.good(
    'every optional word, not all of them Latin',
    network,
    await fileOf(exchangeOnPaper(rta, dewa, { ...alone, request: words })),
  )
  const { query: _, ...opening } = { ...exchange.request }
  const early = answerTo(exchange.request, { request: digest256(encodeRequestOpening(opening)) })
  const answerBatch = sealBatch(dewa, rta, [encodeAnswerStatement(early)], { kind: 'answers' })
  const streamed = { ...exchange, answer: early, answerBatch, answerPlace: 0 }
  list.good('an answer to the opening of the request', network, await fileOf(streamed))
  const [seal] = exchange.requestBatch.seals
  if (seal === undefined) throw new Error('no seal')
  const second = { ...seal, alg: 'ML-DSA-65', value: 'AAAA' }
  const seals = [second, seal]
  list.good(
    'a second seal of an algorithm to come',
    network,
    await fileOf({ ...exchange, requestBatch: { ...exchange.requestBatch, seals } }),
  )
  const unknown = { ...alone, request: { agreement: digest256('never agreed') } }
  const refused = exchangeOnPaper(rta, dewa, { ...unknown, answer: { status: 403, error: 'access_denied' } })
  list.good('a refusal under an agreement nobody knows', network, await fileOf(refused))
  const later = exchangeOnPaper(rta, dewa, { ...alone, answer: { status: 503, error: 'a_code_to_come' } })
  list.good('a refusal with a code that is added later', network, await fileOf(later))
  const large = exchangeOnPaper(rta, dewa, { nowMs: atMs, size: 70, place: 69 })
  list.good('the last of a batch of seventy', network, await fileOf(large))
  list.good('entries about the two parties only', network, await file({ entries: [0, 2, 3, 4, 5, 6, 7] }))
}

async function addEndedKeys(list: VectorList, { network, rta, dewa, file, aside }: Scene): Promise<void> {
  await aside(async () => {
    await network.revoke(rta, 'stolen')
    list.good('a lost key, but a witness was earlier', network, await file())
    const complete = { directoryEntries: network.entries }
    list.good('the same, with the complete directory', network, await file(), complete)
  })
  for (const reason of ['superseded', 'retired']) {
    await aside(async () => {
      await network.revoke(rta, reason)
      list.good(`a key that was ${reason}`, network, await file({ witnesses: [] }))
    })
  }
  await aside(async () => {
    await network.revoke(rta, 'stolen', undefined, '2026-11-23T07:00:00.000Z')
    list.good('a revocation dated back is disputed, not refused', network, await file())
  })
  await aside(async () => {
    await network.add('gateway_retired', { gateway: dewa.id }, network.by)
    list.good('a gateway that was retired', network, await file({ witnesses: [] }))
  })
  await aside(async () => {
    await network.add('member_readmitted', { member: rta.member, reason: 'lost' }, network.by)
    list.good('a re-admission, but a witness was earlier', network, await file())
    const again = newGateway(rta.id)
    await network.enrol(again, network.by)
    const exchange = exchangeOnPaper(again, dewa, { nowMs: network.nowMs, size: 1, place: 0 })
    const anew = await fileOnPaper({ network, holder: again, exchange })
    list.good('a gateway enrolled anew after a re-admission', network, anew)
  })
}

async function addFurtherKeys(list: VectorList, scene: Scene): Promise<void> {
  const { network, rta, dewa, core } = scene
  const [second, third] = [newGateway(`${rta.member}/gw-2`), newGateway(`${rta.member}/gw-3`)]
  await network.enrol(second, [rta.member, rta.seal])
  await network.enrolVouched(third, second)
  for (const [name, gateway] of [
    ['a seal of the member', second],
    ['a voucher', third],
  ] as const) {
    const exchange = exchangeOnPaper(gateway, dewa, { nowMs: network.nowMs, size: 2, place: 0 })
    list.good(
      `a further gateway by ${name}`,
      network,
      await fileOnPaper({ network, holder: dewa, exchange, witnesses: [core] }),
    )
  }
  const seal = generateSealKey()
  const bound = { gateway: rta.id, member: rta.member, use: 'seal', publicKey: publicKeyOf(seal) }
  await network.add('key_bound', bound, [rta.member, rta.seal])
  await network.revoke(rta, 'superseded', [rta.member, seal])
  const exchange = exchangeOnPaper({ ...rta, seal }, dewa, { nowMs: network.nowMs, size: 1, place: 0 })
  list.good('a key bound later', network, await fileOnPaper({ network, holder: rta, exchange }))
  const renewed = { ...newBranch(core.id, core.host), tls: core.tls }
  await network.commission(renewed)
  network.witnesses = [renewed]
  const nowMs = network.nowMs
  const later = exchangeOnPaper(dewa, third, {
    nowMs,
    size: 1,
    place: 0,
    request: swapped(dewa.member, rta.member),
  })
  const file = await fileOnPaper({
    network,
    holder: dewa,
    exchange: later,
    witnesses: [renewed],
    witnessedMs: nowMs,
  })
  list.good('a witness with a new key', network, file)
  const old = exchangeOnPaper(second, dewa, { nowMs: nowMs - MINUTE, size: 1, place: 0 })
  list.good(
    'the same witness, before',
    network,
    await fileOnPaper({
      network,
      holder: dewa,
      exchange: old,
      witnesses: [core],
      witnessedMs: nowMs - MINUTE,
    }),
  )
}

function swapped(consumer: string, provider: string): { client: string; service: string; agreement: string } {
  return { client: `${consumer}/A`, service: `${provider}/B/c`, agreement: AGREEMENT }
}

async function addStandings(list: VectorList, scene: Scene): Promise<void> {
  const { network, rta, dewa, file, atMs } = scene
  network.nowMs = atMs - 5 * MINUTE
  const words = { agreement: AGREEMENT, reason: 'a reason' }
  await network.add('agreement_suspended', { ...words, party: dewa.member }, [dewa.member, dewa.seal])
  list.good('the agreement was suspended', network, await file())
  await network.add('agreement_resumed', { ...words, party: dewa.member }, [dewa.member, dewa.seal])
  await network.add('agreement_revoked', { ...words, party: rta.member }, [rta.member, rta.seal])
  await network.add('member_suspended', { member: rta.member, reason: 'a reason' }, network.by)
  list.good('the agreement was revoked and the consumer suspended', network, await file())
  await network.add('member_resumed', { member: rta.member, reason: 'a reason' }, network.by)
  await network.add('branch_retired', { branch: network.witnesses[0]?.id }, network.by)
  network.witnesses = []
  list.good('all of it over', network, await file({ witnesses: [] }))
}

async function addSignedAgreements(list: VectorList, scene: Scene): Promise<void> {
  const { network, rta, dewa, core } = scene
  await setPolicy(network, { testAuthorities: true })
  await setPolicy(network, { level: 'advanced', qualifiedPolicies: [] })
  const first = await grantMandate(network, rta, '1', { delegable: true, ceilingAed: 500, fourEyes: true })
  const part = { delegable: true, ceilingAed: 500, fourEyes: true, kinds: ['service'], dataClassUpTo: 'open' }
  const ids = [first]
  for (const name of ['2', '3', '4'])
    ids.push(await grantMandate(network, rta, name, { ...part, delegatedFrom: ids.at(-1) }))
  const own = [await grantMandate(network, dewa, 'dewa')]
  const signed = digest256('signed by officials')
  const mandates = [own, [ids[3] ?? '', first]] as const
  await agreeSigned(network, {
    agreement: signed,
    parties: [dewa, rta],
    mandates,
    change: { supersedes: AGREEMENT },
  })
  const exchangeUnder = async (agreement: string) => {
    network.nowMs += MINUTE
    const exchange = exchangeOnPaper(rta, dewa, {
      nowMs: network.nowMs,
      size: 1,
      place: 0,
      request: { agreement },
    })
    return await fileOnPaper({ network, holder: rta, exchange, witnesses: [core] })
  }
  list.good('an agreement that officials signed', network, await exchangeUnder(signed))
  list.good('an agreement that was superseded', network, await exchangeUnder(AGREEMENT))
  await endMandate(network, rta, first)
  await network.add('member_suspended', { member: rta.member, reason: 'a reason' }, network.by)
  await endMandate(network, rta, mandateId('3'))
  const ended = await exchangeUnder(signed)
  list.good('mandates that ended afterwards', network, ended)
  const complete = { directoryEntries: network.entries }
  list.good('the same, and all entries', network, ended, complete)
}

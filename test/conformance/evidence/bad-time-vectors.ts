import { exchangeOnPaper, fileOnPaper } from '../../../src/evidence/testing/paper-exchange.ts'
import type { EvidenceFile } from '../../../src/evidence/evidence-file.ts'
import { DAY } from './vector.ts'
import type { Scene, VectorList } from './vector.ts'

/** Files whose keys had ended, or whose times contradict each other. */
export async function addBadTimeVectors(list: VectorList, scene: Scene): Promise<void> {
  const { network, rta, dewa, core } = scene
  const alone = { size: 1, place: 0 }
  const at = async (nowMs: number, witnessedMs?: number): Promise<EvidenceFile> => {
    const exchange = exchangeOnPaper(rta, dewa, { ...alone, nowMs })
    const witnesses = witnessedMs === undefined ? {} : { witnesses: [core], witnessedMs }
    return await fileOnPaper({ network, holder: rta, exchange, ...witnesses })
  }
  list.bad('sealed long before the key was bound', network, await at(network.nowMs - 2 * DAY), [
    'request-key-time',
    'bound_later',
  ])
  list.bad('dated long after a witness saw it', network, await at(network.nowMs + 2 * DAY, network.nowMs), [
    'request-key-time',
    'time_contradiction',
  ])
  const early = exchangeOnPaper(rta, dewa, {
    ...alone,
    nowMs: network.nowMs,
    answer: { time: '2026-11-20T07:00:00.000Z' },
  })
  list.bad(
    'an answer long before its key was bound',
    network,
    await fileOnPaper({ network, holder: rta, exchange: early }),
    ['answer-key-time', 'bound_later'],
  )
  const late = exchangeOnPaper(rta, dewa, {
    ...alone,
    nowMs: network.nowMs,
    answer: { time: '2026-11-30T07:00:00.000Z' },
  })
  const seen = await fileOnPaper({
    network,
    holder: rta,
    exchange: late,
    witnesses: [core],
    witnessedMs: network.nowMs,
  })
  list.bad('an answer dated long after a witness saw it', network, seen, [
    'answer-key-time',
    'time_contradiction',
  ])
  await addRevocations(list, scene)
}

const LOST = ['request-key-time', 'key_revoked'] as const

async function addRevocations(
  list: VectorList,
  { network, rta, dewa, core, file, aside }: Scene,
): Promise<void> {
  await aside(async () => {
    await network.revoke(dewa, 'stolen')
    const provider = ['answer-key-time', 'key_revoked'] as const
    list.bad('the provider’s key was lost', network, await file({ witnesses: [] }), provider)
  })
  await aside(async () => {
    const before = await file({ witnesses: [] })
    const revocation = await network.revoke(rta, 'stolen')
    list.bad('the consumer’s key was lost and nobody witnessed', network, await file({ witnesses: [] }), LOST)
    list.bad('the witness came too late', network, await file({ witnessedMs: network.nowMs }), LOST)
    const kept = network.entries.map((_, at) => at).filter((at) => at !== revocation)
    const without = await file({ witnesses: [], entries: kept })
    const complete = { directoryEntries: network.entries }
    list.good('a revocation left out does not show in the file', network, without)
    list.bad('but it shows with the complete directory', network, without, LOST, complete)
    list.bad('so does one from after the export', network, before, LOST, complete)
  })
  await aside(async () => {
    await network.revoke(rta, 'superseded')
    const exchange = exchangeOnPaper(rta, dewa, { nowMs: network.nowMs + 1000, size: 1, place: 0 })
    list.bad('a key that was superseded seals again', network, await file({ exchange }), LOST)
  })
  await aside(async () => {
    await network.revoke(rta, 'Superseded')
    list.bad('a reason that is not exactly the word', network, await file({ witnesses: [] }), LOST)
  })
  await aside(async () => {
    await network.commission({ ...core, host: rta.member })
    network.nowMs += 60_000
    await network.revoke(rta, 'stolen')
    const witnessedMs = network.nowMs - 30_000
    list.bad('the witness stands in the house of a party', network, await file({ witnessedMs }), LOST)
  })
}

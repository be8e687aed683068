import assert from 'node:assert/strict'
import { Directory } from '../directory.ts'
import type { DirectoryEvent, RefusalReason } from '../directory-event.ts'
import { NETWORK, ScriptedNetwork } from './scripted-network.ts'
import type { TestGateway } from './scripted-network.ts'

export const DEWA: string = `${NETWORK}/SEMI/DEWA`
export const RTA: string = `${NETWORK}/GOV/RTA`
export const BILLS: string = `${DEWA}/BILLING/bills`

export interface Started {
  readonly script: ScriptedNetwork
  readonly entries: string[]
  readonly directory: Directory
  readonly events: DirectoryEvent[]
  readonly dewa: TestGateway
  readonly rta: TestGateway
  readonly add: (entry: string) => void
}

/** Two members with one gateway each; DEWA has a system and a service. Seven entries. */
export async function start(): Promise<Started> {
  const script = await ScriptedNetwork.create()
  const events: DirectoryEvent[] = []
  const directory = new Directory({ anchor: script.anchor, onEvent: (event) => events.push(event) })
  const entries: string[] = []
  const add = (entry: string): void => {
    entries.push(entry)
    const result = directory.apply(entry)
    assert.ok(result.applied, `refused: ${JSON.stringify(result)}`)
  }
  const dewa = script.gateway(`${DEWA}/gw-1`)
  const rta = script.gateway(`${RTA}/gw-1`)
  add(await script.founding())
  for (const gateway of [dewa, rta]) {
    add(await script.admission(gateway.member))
    add(await script.enrolment(gateway, script.byRegistry))
  }
  const name = { ar: 'فواتير', en: 'Bills' }
  add(await script.entry('system_registered', { system: `${DEWA}/BILLING`, name }, [DEWA, dewa.seal]))
  const service = { service: BILLS, serviceKind: 'api', xroadType: 'REST', name } as const
  add(await script.entry('service_published', service, [DEWA, dewa.seal]))
  return { script, entries, directory, events, dewa, rta, add }
}

/** Asserts that the entry is counted and has no effect, and that the event says why. */
export function assertRefused(network: Started, entry: string, reason: RefusalReason): void {
  const { directory, events } = network
  const { version, size } = directory
  const judged = directory.judge(entry)
  const result = directory.apply(entry)
  assert.ok(!result.applied, `applied: ${entry}`)
  assert.equal(result.reason, reason, result.detail)
  assert.deepEqual(judged, result, 'a judgement and its application agree')
  assert.equal(directory.version, version)
  assert.equal(directory.size, size + 1)
  const last = events.at(-1)
  assert.ok(last?.kind === 'change_refused' && last.reason === reason && last.index === size)
}

import type { RunningSandbox } from './running-sandbox.ts'

/** One entity and one service. */
interface Use {
  readonly entity: string
  readonly service: string
}

/** What `wusla sandbox branch add --json` prints. */
export interface Added {
  readonly service: string
  readonly files: { readonly model: string; readonly addition: string }
  readonly predicted: {
    readonly gained: readonly Use[]
    readonly stillUnreached: readonly Use[]
    readonly extraAed: number
    readonly cost: { readonly extraAed: number }
  }
  readonly commissioned: boolean
  readonly proof: {
    readonly first: { readonly sinceJoinMs: number; readonly path: readonly string[] }
    readonly isExact: boolean
  }
}

/** A reading operation of every service of the sandbox, by the end of its name. */
const READING: Readonly<Record<string, string>> = {
  'PORTAL/holidays': '/holidays',
  'BILLING/bills': '/bills?account=2000000001',
  'CLOUD/archive': '/objects',
  'PERMITS/facilities': '/facilities',
}

/**
 * Calls, at the front door of every entity, every service that is new, and at the front door of the new entity every service
 * of the sandbox.
 */
export async function answersOf(
  sandbox: RunningSandbox,
  newMember: string,
  newServices: readonly string[],
): Promise<{ readonly answered: string[]; readonly refused: readonly (Use & { readonly code: string })[] }> {
  const members = sandbox.file.gateways.map(({ member }) => member)
  const services = [
    'AE-DU/GOV/DDA/PORTAL/holidays',
    'AE-DU/SEMI/DEWA/BILLING/bills',
    'AE-DU/COM/MORO/CLOUD/archive',
    'AE-DU/GOV/DHA/PERMITS/facilities',
  ]
  const uses = [
    ...members.flatMap((entity) => newServices.map((service) => ({ entity, service }))),
    ...services.map((service) => ({ entity: newMember, service })),
  ].filter(({ entity, service }) => !service.startsWith(`${entity}/`))
  const asked = await Promise.all(
    uses.map(async (use) => {
      const path = READING[use.service.split('/').slice(3).join('/')] ?? '/'
      const headers = { 'x-road-client': use.entity }
      const response = await fetch(sandbox.url(use.entity, use.service, path), { headers })
      const text = await response.text()
      if (response.ok) return { ...use, code: '' }
      return { ...use, code: (JSON.parse(text) as { wusla: { code: string } }).wusla.code }
    }),
  )
  return {
    answered: pairsOf(asked.filter(({ code }) => code === '')),
    refused: asked.filter(({ code }) => code !== ''),
  }
}

export function pairsOf(uses: readonly Use[]): string[] {
  return uses.map(({ entity, service }) => `${entity} ${service}`).sort()
}

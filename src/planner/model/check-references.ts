import { isIdentifier } from '../../protocol/identifier.ts'
import type { IdentifierKind } from '../../protocol/identifier.ts'
import { MAX_PROBLEMS } from '../../trust/shape.ts'
import type { Problem } from '../../trust/shape.ts'
import type { ModelAddition } from '../network-model.ts'

type Kind = 'entity' | 'gateway' | 'branch' | 'candidate branch' | 'line' | 'service' | 'agreement'

/** Every name of a model and what it names. Nodes, entities and services share one space, since demands use all. */
export type Names = Map<string, Kind>

/** What an identifier of the network must be for each kind; lines and agreements have names of their own. */
const IDENTIFIER: Readonly<Partial<Record<Kind, IdentifierKind>>> = {
  entity: 'member',
  gateway: 'gateway',
  branch: 'branch',
  'candidate branch': 'branch',
  service: 'service',
}

/** Collects the names of a part and everything in it that refers to nothing, or to the wrong kind of thing. */
class ReferenceCheck {
  readonly problems: Problem[] = []
  readonly #names: Names
  readonly #network: string | undefined

  constructor(names: Names, network: string | undefined) {
    this.#names = names
    this.#network = network
  }

  report(path: string, problem: string): void {
    if (this.problems.length < MAX_PROBLEMS) this.problems.push({ path, problem })
  }

  name(kind: Kind, id: string, path: string): void {
    const identifier = IDENTIFIER[kind]
    if (this.#network !== undefined && identifier !== undefined) {
      const fits = isIdentifier(identifier, id) && id.startsWith(`${this.#network}/`)
      if (!fits) this.report(path, `must be the identifier of a ${identifier} of this network`)
    }
    const key = nameKey(kind, id)
    if (this.#names.has(key)) this.report(path, 'is the name of something else already')
    else this.#names.set(key, kind)
  }

  refer(id: string, kinds: readonly Kind[], path: string): void {
    const found = kinds.some((kind) => this.#names.get(nameKey(kind, id)) === kind)
    if (!found)
      this.report(path, `must name ${kinds[0] === 'entity' ? 'an' : 'a'} ${kinds.join(' or ')} of the model`)
  }
}

/**
 * Adds the names of a part to those known and gives **every** reference in it that does not hold (at most
 * {@link MAX_PROBLEMS}).
 */
export function checkReferences(part: ModelAddition, names: Names, network: string | undefined): Problem[] {
  const check = new ReferenceCheck(names, network)
  nameAll(part, check)
  for (const [index, gateway] of part.gateways.entries()) {
    check.refer(gateway.entity, ['entity'], `/gateways/${index}/entity`)
  }
  checkEnds(part, check)
  for (const [index, service] of part.services.entries()) {
    check.refer(service.entity, ['entity'], `/services/${index}/entity`)
    for (const [place, at] of service.at.entries())
      check.refer(at, ['branch', 'gateway'], `/services/${index}/at/${place}`)
  }
  for (const [index, { consumer, grants }] of part.agreements.entries()) {
    check.refer(consumer, ['entity'], `/agreements/${index}/consumer`)
    for (const [place, { service }] of grants.entries())
      check.refer(service, ['service'], `/agreements/${index}/grants/${place}/service`)
  }
  for (const [index, { from, to }] of part.demands.entries()) {
    check.refer(from, ['entity', 'gateway', 'branch'], `/demands/${index}/from`)
    check.refer(to, ['entity', 'gateway', 'branch', 'service'], `/demands/${index}/to`)
    if (from === to) check.report(`/demands/${index}`, 'must have two different ends')
  }
  return check.problems
}

function checkEnds({ lines, candidates }: ModelAddition, check: ReferenceCheck): void {
  for (const [index, { ends }] of lines.entries()) {
    for (const [place, end] of ends.entries())
      check.refer(end, ['branch', 'gateway'], `/lines/${index}/ends/${place}`)
  }
  for (const [index, { ends }] of candidates.lines.entries()) {
    for (const [place, end] of ends.entries())
      check.refer(end, ['branch', 'gateway', 'candidate branch'], `/candidates/lines/${index}/ends/${place}`)
  }
}

function nameAll(part: ModelAddition, check: ReferenceCheck): void {
  const each = (kind: Kind, path: string, things: readonly { readonly id: string }[]): void => {
    for (const [index, { id }] of things.entries()) check.name(kind, id, `${path}/${index}/id`)
  }
  each('entity', '/entities', part.entities)
  each('gateway', '/gateways', part.gateways)
  each('branch', '/branches', part.branches)
  each('candidate branch', '/candidates/branches', part.candidates.branches)
  each('line', '/lines', part.lines)
  each('line', '/candidates/lines', part.candidates.lines)
  each('service', '/services', part.services)
  each('agreement', '/agreements', part.agreements)
}

/** Lines and agreements may be called as a branch is: they are never looked for in the same place. */
function nameKey(kind: Kind, id: string): string {
  if (kind === 'line' || kind === 'agreement') return `${kind} ${id}`
  return id
}

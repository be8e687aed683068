import * as fc from 'fast-check'
import { EMPTY_ADDITION } from '../network-model.ts'
import type { NetworkModel } from '../network-model.ts'

/** Small networks of every form: parallel lines, lone branches, gateways at home in several places or in none. */
export const randomNetworks: fc.Arbitrary<NetworkModel> = fc
  .record({ branches: fc.integer({ min: 0, max: 9 }), gateways: fc.integer({ min: 0, max: 5 }) })
  .filter(({ branches, gateways }) => branches + gateways >= 2)
  .chain(({ branches, gateways }) => {
    const node = fc.integer({ min: 0, max: branches + gateways - 1 })
    const pair = fc.tuple(node, node).filter(([a, b]) => a !== b)
    return fc.array(pair, { maxLength: 16 }).map((pairs) => networkOf(branches, gateways, pairs))
  })

/** A network of `branches` branches `b0…` and `gateways` gateways `g0…` with these lines between them. */
export function networkOf(
  branches: number,
  gateways: number,
  pairs: readonly (readonly [number, number])[],
): NetworkModel {
  const nameOf = (node: number): string => (node < branches ? `b${node}` : `g${node - branches}`)
  return {
    ...EMPTY_ADDITION,
    entities: [{ id: 'e' }],
    branches: Array.from({ length: branches }, (_, index) => ({ id: `b${index}` })),
    gateways: Array.from({ length: gateways }, (_, index) => ({ id: `g${index}`, entity: 'e' })),
    lines: pairs.map(([a, b], index) => ({ id: `l${index}`, ends: [nameOf(a), nameOf(b)] })),
  }
}

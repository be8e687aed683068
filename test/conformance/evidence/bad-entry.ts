import type { By } from '../../../src/evidence/testing/paper-network.ts'
import type { Scene } from './vector.ts'

/** Who can sign. */
export interface Signers {
  readonly rta: By
  readonly dewa: By
  readonly registry: By
}

/** Cases by name, each of which enters something that has no effect. */
export type BadEntries = readonly (readonly [
  name: string,
  act: (scene: Scene, by: Signers) => Promise<unknown>,
])[]

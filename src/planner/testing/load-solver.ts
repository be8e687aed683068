import highsModule from 'highs'
import type { Highs } from 'highs'

/** The solver in this thread, for tests of what runs in the other one. */
export async function loadSolver(): Promise<Highs> {
  const load = highsModule as unknown as typeof highsModule.default
  return await load()
}

import { systemClock } from '../../src/protocol/clock.ts'
import { startRegistry } from '../../src/registry/start-registry.ts'
import { logEvent, runActor } from './actor-process.ts'

/** Runs a registry in this process until it is told to stop. */
export async function runRegistry(directory: string): Promise<void> {
  await runActor(directory, async ({ opened }) => {
    const registry = await startRegistry(directory, {
      clock: systemClock,
      fetch: globalThis.fetch,
      onEvent: logEvent,
    })
    opened.defer(registry.close)
    return { url: registry.url }
  })
}

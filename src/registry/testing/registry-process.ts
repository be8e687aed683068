import { systemClock } from '../../protocol/clock.ts'
import { startRegistry } from '../start-registry.ts'

/** A registry in a process of its own, to be killed: says its URL in one line and runs on. */
const [folder = ''] = process.argv.slice(2)
const { url } = await startRegistry(folder, {
  clock: systemClock,
  fetch: globalThis.fetch,
  onEvent: () => undefined,
})
process.stdout.write(`${url}\n`)

import { existsSync, readFileSync } from 'node:fs'

/**
 * Network instances of others lie beside the checkout and are not part of it: SNDlib's name no licence. `WUSLA_DATA`
 * names another folder.
 */
const FOLDER = process.env['WUSLA_DATA'] ?? new URL('../../../shared/data', import.meta.url).pathname

/** What to say instead of running when an instance is not there; `false` when it is. */
export function missing(...names: readonly string[]): string | false {
  const absent = names.filter((name) => !existsSync(`${FOLDER}/${name}`))
  return absent.length === 0 ? false : `not in ${FOLDER} (WUSLA_DATA): ${absent.join(', ')}`
}

export function planFile(name: string): string {
  return `${FOLDER}/${name}`
}

export function readPlanFile(name: string): Buffer {
  return readFileSync(planFile(name))
}

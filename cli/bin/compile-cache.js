import { existsSync, lstatSync, mkdirSync, realpathSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'

/**
 * The folder in which the runtime may keep what it made of our files; undefined when there is none that is private.
 * The runtime runs what it finds there, in processes that hold seal keys: whoever can write into the folder, or put
 * another in its place, speaks for the member. So it must be ours alone (mode 0700), and nobody but us and the
 * administrator of the machine may be able to rename anything on the way to it.
 */
export function privateCacheDirectory() {
  const uid = process.getuid?.()
  if (uid === undefined) return undefined
  try {
    const base = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')
    const directory = join(base, 'wusla', 'compiled')
    // One after the other: the home of an account that has none is not made here.
    for (const folder of [base, dirname(directory), directory]) if (!existsSync(folder)) make(folder)
    const real = realpathSync(directory)
    const { uid: owner, mode } = lstatSync(real)
    return owner === uid && (mode & 0o077) === 0 && isWayClosed(dirname(real), uid) ? real : undefined
  } catch {
    // No home, no right, no space: then without a cache, which costs a second at each start and nothing else.
    return undefined
  }
}

/** Several processes make it at once when a sandbox starts for the first time. */
function make(folder) {
  try {
    mkdirSync(folder, { mode: 0o700 })
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
  }
}

/** In a folder with the sticky bit, such as the system's for temporary files, only the owner renames an entry. */
function isWayClosed(directory, uid) {
  const { uid: owner, mode } = lstatSync(directory)
  if (owner !== uid && owner !== 0) return false
  if ((mode & 0o022) !== 0 && (mode & 0o1000) === 0) return false
  const parent = dirname(directory)
  return parent === directory || isWayClosed(parent, uid)
}

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** Whether a process of this id exists. */
export function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
    return !isZombie(pid)
  } catch (error) {
    // EPERM: somebody else's process, so not one of ours.
    if (['ESRCH', 'EPERM'].includes(String((error as NodeJS.ErrnoException).code))) return false
    throw error
  }
}

/**
 * Whether the process of this id is the program that these words of its command line describe: the first is a part of
 * a word, the others stand side by side. A process id outlives its process and passes to strangers, who must not get
 * our signals.
 */
export function isProgram(pid: number, [script, ...args]: readonly [string, ...string[]]): boolean {
  if (!isAlive(pid)) return false
  const line = commandLine(pid)
  return line.includes(script) && `${line} `.includes(` ${args.join(' ')} `)
}

function commandLine(pid: number): string {
  try {
    if (process.platform === 'linux')
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
    return execFileSync('ps', ['-ww', '-o', 'args=', '-p', String(pid)], { encoding: 'utf8' }).trim()
  } catch {
    // It ended between the two looks: then it is nobody's program.
    return ''
  }
}

/** A process that has ended but that its parent has not asked about yet does nothing any more. */
function isZombie(pid: number): boolean {
  if (process.platform !== 'linux') return false
  try {
    return / Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\)/, ''))
  } catch {
    return true
  }
}

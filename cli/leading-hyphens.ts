import type { Command, Option } from 'commander'

/**
 * Ids are base64url, and one of 64 begins with a hyphen: of mandates and nonces (16 bytes), of agreements, requests and keys (SHA-256), of
 * API tokens (the beginning of one). Words joined by hyphens are left to the options: they are misspelt ones.
 */
const ID = /^-(?=.*[A-Z0-9_])(?:[\w-]{11}|[\w-]{21}|[\w-]{42})$/

/**
 * Command line arguments in which ids that begin with a hyphen are not taken for options: everything that is no option and no value
 * of one stands behind `--`, in its order. Without such an id, or with a `--` of the caller's own, nothing changes.
 *
 * @param words - what follows the name of the program
 */
export function behindHyphens(words: readonly string[], program: Command): readonly string[] {
  const path = commandPath(words, program)
  const { command } = path
  const rest = words.slice(path.names.length)
  if (rest.includes('--')) return words
  const options: string[] = []
  const operands: string[] = []
  let hasId = false
  for (let at = 0; at < rest.length; at += 1) {
    const word = rest[at] ?? ''
    const option = command.options.find(({ short, long }) => word === short || word === long)
    if (option !== undefined) {
      const count = valuesOf(option, rest.slice(at + 1))
      options.push(...rest.slice(at, at + 1 + count))
      at += count
    } else if (ID.test(word) || !word.startsWith('-')) {
      hasId ||= word.startsWith('-')
      operands.push(word)
    } else {
      options.push(word)
    }
  }
  return hasId ? [...path.names, ...options, '--', ...operands] : words
}

/** The command that the first words name. */
function commandPath(words: readonly string[], program: Command): { command: Command; names: string[] } {
  let command = program
  const names: string[] = []
  for (const word of words) {
    const next = command.commands.find((each) => each.name() === word || each.aliases().includes(word))
    if (next === undefined) break
    command = next
    names.push(word)
  }
  return { command, names }
}

/** How many of the words behind an option are its values, as commander counts them. */
function valuesOf(option: Option, following: readonly string[]): number {
  if (following.length === 0 || !(option.required || option.optional)) return 0
  const first = option.required || following[0]?.startsWith('-') === false ? 1 : 0
  if (!option.variadic) return first
  const end = following.findIndex((word, at) => at >= first && word.startsWith('-'))
  return end === -1 ? following.length : end
}

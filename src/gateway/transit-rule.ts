import type { Directory } from '../directory/directory.ts'
import { WuslaError } from '../protocol/wusla-error.ts'

/** Where an exchange may pass, from the grant that allows it. All parts hold at once, for every branch of a path. */
export interface TransitRule {
  readonly avoid?: readonly string[]
  readonly only?: readonly string[]
  /** Only branches that the directory has in one of these classes now. */
  readonly onlyClasses?: readonly string[]
}

/** What says which class a branch is in: this gateway's own directory, never a branch. */
export type BranchClasses = Pick<Directory, 'branch' | 'branches'>

/** Most branches named to a branch as the only ones: a longer list would not fit its line. */
const MAX_ONLY = 1_000

/** Why a path must not lead through a branch, as the end of a sentence; `undefined` when it may. */
export function transitObjection(
  branch: string,
  { avoid, only, onlyClasses }: TransitRule,
  classes: BranchClasses,
): string | undefined {
  if (avoid?.includes(branch) === true) return 'the agreement avoids it'
  if (only?.includes(branch) === false) return `the agreement allows only ${only.join(', ')}`
  if (onlyClasses === undefined) return undefined
  const own = classes.branch(branch)?.class
  if (own !== undefined && onlyClasses.includes(own)) return undefined
  const is = own === undefined ? 'it is in none' : `it is in ${own}`
  return `the agreement allows only branches of class ${onlyClasses.join(', ')}, and ${is}`
}

/** Whether every branch of a path may be passed now. A direct path passes none. */
export function keepsTransit(path: readonly string[], transit: TransitRule, classes: BranchClasses): boolean {
  for (const branch of path) if (transitObjection(branch, transit, classes) !== undefined) return false
  return true
}

/**
 * Refuses a path that breaks the rule.
 *
 * @throws WuslaError `no_path` with `details.reason`: which branch, and by which part of the rule
 */
export function assertTransit(path: readonly string[], transit: TransitRule, classes: BranchClasses): void {
  const error = transitError(path, transit, classes)
  if (error !== undefined) throw error
}

/** What {@link assertTransit} would throw; `undefined` when the path may be used. */
export function transitError(
  path: readonly string[],
  transit: TransitRule,
  classes: BranchClasses,
): WuslaError | undefined {
  for (const branch of path) {
    const objection = transitObjection(branch, transit, classes)
    if (objection === undefined) continue
    const message = 'The path breaks the transit constraint of the agreement.'
    return new WuslaError('no_path', { message, details: { reason: `${branch}: ${objection}.` } })
  }
  return undefined
}

/** The rule in words that a branch understands: it knows no classes, and is not asked to. */
export function ruleForBranch(
  { avoid, only, onlyClasses }: TransitRule,
  classes: BranchClasses,
): Pick<TransitRule, 'avoid' | 'only'> {
  const avoided = avoid === undefined ? {} : { avoid }
  if (onlyClasses === undefined) return only === undefined ? avoided : { ...avoided, only }
  const allowed = (only ?? classes.branches().map(({ branch }) => branch)).filter(
    (branch) => transitObjection(branch, { onlyClasses }, classes) === undefined,
  )
  return { ...avoided, only: allowed.slice(0, MAX_ONLY) }
}

/** The rule as a sentence for people; empty when there is none. */
export function renderTransit({ avoid, only, onlyClasses }: TransitRule): string {
  const parts = [
    avoid === undefined ? undefined : `it may not pass ${avoid.join(', ')}`,
    only === undefined ? undefined : `it may pass only ${only.join(', ')}`,
    onlyClasses === undefined ? undefined : `it may pass only branches of class ${onlyClasses.join(', ')}`,
  ].filter((part) => part !== undefined)
  return parts.length === 0 ? '' : `By the agreement ${parts.join('; ')}.`
}

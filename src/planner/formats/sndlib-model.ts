import { WuslaError } from '../../protocol/wusla-error.ts'
import type { Problem } from '../../trust/shape.ts'

/** What a model file of SNDlib says of how a network is to be dimensioned, as far as the planner does it. */
export interface SndlibModel {
  /** `undirected`: both directions of a link share its capacity. */
  readonly links: 'directed' | 'bidirected' | 'undirected'
  /** `linear`: parts of the first module; `explicit`: at most one module. */
  readonly capacities: 'linear' | 'single' | 'modular' | 'explicit'
  readonly hasFixedCharge: boolean
  /** Every single link may fail, and everything may be routed anew then. */
  readonly survivesLinks: boolean
}

/** D-B-M-N-C-A-N-N: what the planner does without a model file. */
export const DEFAULT_SNDLIB_MODEL: SndlibModel = Object.freeze({
  links: 'bidirected',
  capacities: 'modular',
  hasFixedCharge: false,
  survivesLinks: false,
})

const HEADER = /^\?SNDlib native format; type: model; version: 1\.0\s/

/** What each setting may be here. SNDlib knows more; what the planner cannot do it refuses, not approximates. */
const SETTINGS: Readonly<Record<string, readonly string[]>> = {
  DEMAND_MODEL: ['DIRECTED', 'UNDIRECTED'],
  LINK_MODEL: ['DIRECTED', 'BIDIRECTED', 'UNDIRECTED'],
  LINK_CAPACITY_MODEL: [
    'LINEAR_LINK_CAPACITIES',
    'SINGLE_MODULAR_CAPACITIES',
    'MODULAR_LINK_CAPACITIES',
    'EXPLICIT_LINK_CAPACITIES',
  ],
  FIXED_CHARGE_MODEL: ['YES', 'NO'],
  ROUTING_MODEL: ['CONTINUOUS'],
  ADMISSIBLE_PATH_MODEL: ['ALL_PATHS'],
  HOP_LIMIT_MODEL: ['IGNORE_HOP_LIMITS'],
  SURVIVABILITY_MODEL: ['NO_SURVIVABILITY', 'UNRESTRICTED_FLOW_RECONFIGURATION'],
  NODE_MODEL: ['NO_NODE_HARDWARE'],
  OBJECTIVE_MODEL: ['MINIMIZE_TOTAL_COST'],
}

const LINKS = { DIRECTED: 'directed', BIDIRECTED: 'bidirected', UNDIRECTED: 'undirected' } as const
const CAPACITIES = {
  LINEAR_LINK_CAPACITIES: 'linear',
  SINGLE_MODULAR_CAPACITIES: 'single',
  MODULAR_LINK_CAPACITIES: 'modular',
  EXPLICIT_LINK_CAPACITIES: 'explicit',
} as const

/**
 * Reads a model file in SNDlib's native text.
 *
 * @throws WuslaError `invalid_network_model` with every setting that is unknown, missing or not supported
 */
export function parseSndlibModel(text: string): SndlibModel {
  const problems: Problem[] = []
  if (!HEADER.test(text.slice(0, 200)))
    problems.push({ path: 'line 1', problem: 'must begin with ?SNDlib native format; type: model' })
  const settings = new Map<string, string>()
  for (const [index, line] of text.split('\n').slice(1).entries()) {
    const words = line.replace(/#.*/, '').trim()
    if (words === '') continue
    const [, name = '', value = ''] = /^(\w+)\s*=\s*(\w+)$/.exec(words) ?? []
    if (SETTINGS[name]?.includes(value) === true) settings.set(name, value)
    else problems.push({ path: `line ${index + 2}`, problem: problemWith(name) })
  }
  for (const name of Object.keys(SETTINGS)) {
    if (!settings.has(name) && problems.length === 0) problems.push({ path: name, problem: 'is missing' })
  }
  const links = LINKS[settings.get('LINK_MODEL') as keyof typeof LINKS]
  if (settings.get('DEMAND_MODEL') === 'UNDIRECTED' && links !== 'undirected' && problems.length === 0)
    problems.push({ path: 'DEMAND_MODEL', problem: 'must be DIRECTED unless LINK_MODEL is UNDIRECTED' })
  if (problems.length > 0)
    throw new WuslaError('invalid_network_model', { details: { problems: problems.slice(0, 50) } })
  return {
    links,
    capacities: CAPACITIES[settings.get('LINK_CAPACITY_MODEL') as keyof typeof CAPACITIES],
    hasFixedCharge: settings.get('FIXED_CHARGE_MODEL') === 'YES',
    survivesLinks: settings.get('SURVIVABILITY_MODEL') === 'UNRESTRICTED_FLOW_RECONFIGURATION',
  }
}

function problemWith(name: string): string {
  const known = SETTINGS[name]
  if (known === undefined) return 'is not a setting of a model file'
  return `must be ${known.join(' or ')}: the planner does nothing else`
}

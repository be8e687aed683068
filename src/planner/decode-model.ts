import type { Json } from '../protocol/canonical-json.ts'
import { memberOf } from '../protocol/identifier.ts'
import { WuslaError } from '../protocol/wusla-error.ts'
import { decodeShape } from '../trust/shape.ts'
import type { Problem, Shape, Shaped } from '../trust/shape.ts'
import { checkReferences } from './model/check-references.ts'
import type { Names } from './model/check-references.ts'
import { ADDITION_SHAPE, MODEL_SHAPE } from './model/model-shape.ts'
import { DEFAULT_MAX_PATH_BRANCHES } from './network-model.ts'
import type { ModelAddition, NetworkModel } from './network-model.ts'

/**
 * The model in a value of the form `wusla/network-model/v1` (`docs/spec/network-model.md`).
 *
 * @throws WuslaError `invalid_network_model` with every problem and its place in `details.problems`
 */
export function decodeModel(value: Json): NetworkModel {
  const decoded = shaped(MODEL_SHAPE, value)
  return checkedModel({
    ...(decoded.network === undefined ? {} : { network: decoded.network }),
    ...(decoded.title === undefined ? {} : { title: decoded.title }),
    maxPathBranches: decoded.maxPathBranches ?? DEFAULT_MAX_PATH_BRANCHES,
    ...partsOf(decoded),
  })
}

/**
 * The parts in a value of the form `wusla/network-addition/v1`. Whether what they refer to is there is known only
 * beside a model: see {@link extendModel}.
 *
 * @throws WuslaError `invalid_network_model`
 */
export function decodeAddition(value: Json): ModelAddition {
  return partsOf(shaped(ADDITION_SHAPE, value))
}

/**
 * The model with the additions in it.
 *
 * @throws WuslaError `invalid_network_model` when a name is taken, or something that is referred to is not there
 */
export function extendModel(model: NetworkModel, ...additions: readonly ModelAddition[]): NetworkModel {
  const names: Names = new Map()
  checkReferences(model, names, model.network)
  const problems = additions.flatMap((part) => checkReferences(part, names, model.network))
  if (problems.length > 0) throw invalid(problems)
  const parts: readonly ModelAddition[] = [model, ...additions]
  return {
    ...model,
    entities: parts.flatMap(({ entities }) => entities),
    gateways: parts.flatMap(({ gateways }) => gateways),
    branches: parts.flatMap(({ branches }) => branches),
    lines: parts.flatMap(({ lines }) => lines),
    services: parts.flatMap(({ services }) => services),
    agreements: parts.flatMap(({ agreements }) => agreements),
    demands: parts.flatMap(({ demands }) => demands),
    candidates: {
      lines: parts.flatMap(({ candidates }) => candidates.lines),
      branches: parts.flatMap(({ candidates }) => candidates.branches),
    },
  }
}

/** A model as a file holds it: {@link decodeModel} gives it back. One without a bound on branches gets one that binds nothing. */
export function encodeModel(model: NetworkModel): object {
  const maxPathBranches = model.maxPathBranches ?? Math.max(1, Math.min(1_000, model.branches.length))
  return { type: 'wusla/network-model/v1', ...model, maxPathBranches }
}

/**
 * The model itself, once all its references hold.
 *
 * @throws WuslaError `invalid_network_model`
 */
export function checkedModel(model: NetworkModel): NetworkModel {
  const problems = checkReferences(model, new Map(), model.network)
  if (problems.length > 0) throw invalid(problems)
  return model
}

function shaped<T>(shape: Shape<T>, value: Json): T {
  const decoded = decodeShape(shape, value)
  if (!decoded.ok) throw invalid(decoded.problems)
  return decoded.value
}

/** What was left out is filled in: an entity is the member in the identifier, a list is empty. */
function partsOf(decoded: Shaped<typeof ADDITION_SHAPE> | Shaped<typeof MODEL_SHAPE>): ModelAddition {
  const { candidates, gateways = [], services = [] } = decoded
  return {
    entities: decoded.entities ?? [],
    gateways: gateways.map((gateway) => ({ ...gateway, entity: gateway.entity ?? memberOf(gateway.id) })),
    branches: decoded.branches ?? [],
    lines: (decoded.lines ?? []).map((line) => ({ ...line, ends: pairOf(line.ends) })),
    services: services.map((service) => ({ ...service, entity: service.entity ?? memberOf(service.id) })),
    agreements: decoded.agreements ?? [],
    demands: decoded.demands ?? [],
    candidates: {
      branches: candidates?.branches ?? [],
      lines: (candidates?.lines ?? []).map((line) => ({ ...line, ends: pairOf(line.ends) })),
    },
  }
}

// The shape has counted them.
function pairOf(ends: readonly string[]): readonly [string, string] {
  const [first = '', second = ''] = ends
  return [first, second]
}

function invalid(problems: readonly Problem[]): WuslaError {
  return new WuslaError('invalid_network_model', { details: { problems } })
}

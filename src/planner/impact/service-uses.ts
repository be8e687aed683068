import { WuslaError } from '../../protocol/wusla-error.ts'
import type { ModelService, NetworkModel, TransitLimit } from '../network-model.ts'

/** One entity that may use one service of another, and over which branches. */
export interface ServiceUse {
  readonly entity: string
  readonly service: ModelService
  /** What allows it: an agreement's name each, or `open`. Any one of them is enough. */
  readonly allowedBy: readonly { readonly agreement: string; readonly transit: TransitLimit | undefined }[]
}

/** Beyond this a study would take more memory than a machine has; a network of 10,000 members has about 100,000. */
const MAX_USES = 2_000_000

/**
 * Who may use what: open services by everybody else, granted ones by the consumer of the agreement. In the order of
 * entities and services of the model.
 *
 * @throws WuslaError `invalid_network_model` when there are more than 2,000,000
 */
export function serviceUses(model: NetworkModel): ServiceUse[] {
  const granted = grantsByConsumer(model)
  const open = model.services.filter((service) => service.open === true)
  const services = new Map(model.services.map((service) => [service.id, service]))
  const order = new Map(model.services.map(({ id }, index) => [id, index]))
  const uses: ServiceUse[] = []
  for (const { id: entity } of model.entities) {
    const allowed = granted.get(entity) ?? new Map<string, ServiceUse['allowedBy'][number][]>()
    for (const { id } of open) {
      allowed.set(id, [...(allowed.get(id) ?? []), { agreement: 'open', transit: undefined }])
    }
    const sorted = [...allowed].sort(([a], [b]) => (order.get(a) ?? 0) - (order.get(b) ?? 0))
    for (const [id, allowedBy] of sorted) {
      const service = services.get(id)
      if (service !== undefined && service.entity !== entity) uses.push({ entity, service, allowedBy })
    }
    if (uses.length > MAX_USES) throw tooMany()
  }
  return uses
}

function grantsByConsumer(model: NetworkModel): Map<string, Map<string, ServiceUse['allowedBy'][number][]>> {
  const granted = new Map<string, Map<string, ServiceUse['allowedBy'][number][]>>()
  for (const { id, consumer, grants } of model.agreements) {
    const ofConsumer = granted.get(consumer) ?? new Map<string, ServiceUse['allowedBy'][number][]>()
    granted.set(consumer, ofConsumer)
    for (const { service, transit } of grants) {
      const known = ofConsumer.get(service) ?? []
      ofConsumer.set(service, [...known, { agreement: id, transit }])
    }
  }
  return granted
}

function tooMany(): WuslaError {
  const problem = `more than ${MAX_USES} pairs of an entity and a service it may use`
  return new WuslaError('invalid_network_model', { details: { problems: [{ path: '', problem }] } })
}

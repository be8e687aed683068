import { decodeSegment } from '../protocol/identifier.ts'
import { renderPicture } from './drawing/render-picture.ts'
import type { Picture, PictureLine, PictureNode, Tone } from './drawing/render-picture.ts'
import type { ModelBranch, ModelGateway, NetworkModel } from './network-model.ts'
import type { Impact } from './study-impact.ts'
import { say } from './texts/planner-texts.ts'
import type { Language, MessageCode } from './texts/planner-texts.ts'

/**
 * An impact as a picture (SVG): the network with what is added to it, what is full, and what is a single point of
 * failure.
 *
 * @param before - the model without the additions: what it does not have is drawn as new
 * @param after - the model with them
 */
export function drawImpact(
  before: NetworkModel,
  after: NetworkModel,
  impact: Impact,
  language: Language,
): string {
  const tell = (code: MessageCode): string => say(code, {}, language)
  const known = new Set([...before.lines, ...before.branches, ...before.gateways].map(({ id }) => id))
  const { lines, branches } = impact.after.singlePoints
  const weak = new Set([...lines, ...branches].map(({ id }) => id))
  const toneOf = (id: string): Tone => (known.has(id) ? (weak.has(id) ? 'weak' : 'plain') : 'new')
  const nodes = nodesOf(after, language, toneOf)
  const places = new Map(nodes.map(({ id }, index) => [id, index]))
  const uses = new Map(impact.after.lines.map((use) => [use.line, use]))
  const picture: Picture = {
    title: titleOf(after, language, 'picture_impact'),
    notes: impact.reasons.slice(0, 8).map(({ text }) => text[language]),
    nodes,
    lines: after.lines.map(({ id, ends }): PictureLine => {
      const { mbps = 0, utilisation } = uses.get(id) ?? {}
      return {
        id,
        ends: [places.get(ends[0]) ?? -1, places.get(ends[1]) ?? -1],
        label: utilisation === undefined || mbps === 0 ? '' : percentLabel(utilisation),
        tone: (utilisation ?? 0) > 1 ? 'full' : toneOf(id),
      }
    }),
    legend: [
      { tone: 'plain', text: tell('legend_plain') },
      { tone: 'new', text: tell('legend_new') },
      { tone: 'weak', text: tell('legend_weak') },
      { tone: 'full', text: tell('legend_full') },
    ],
  }
  return renderPicture(picture, language)
}

/** Whole percent; what is there but less than one is said to be so. */
function percentLabel(utilisation: number): string {
  return utilisation < 0.01 ? '<1%' : `${Math.round(utilisation * 100)}%`
}

/** Branches and gateways with the names that people know them by. */
export function nodesOf(
  model: NetworkModel,
  language: Language,
  toneOf: (id: string) => Tone,
): PictureNode[] {
  const entities = new Map(model.entities.map(({ id, name }) => [id, name]))
  const placed = ({ place }: ModelBranch | ModelGateway): Pick<PictureNode, 'place'> =>
    place === undefined ? {} : { place }
  return [
    ...model.branches.map((branch): PictureNode => {
      const label = branch.name?.[language] ?? lastPart(branch.id)
      return { id: branch.id, label, shape: 'branch', tone: toneOf(branch.id), ...placed(branch) }
    }),
    ...model.gateways.map((gateway): PictureNode => {
      const name = gateway.name ?? entities.get(gateway.entity)
      const label = name?.[language] ?? lastPart(gateway.entity)
      return { id: gateway.id, label, shape: 'gateway', tone: toneOf(gateway.id), ...placed(gateway) }
    }),
  ]
}

/** The name of the network, if it has one, and what the picture shows of it. */
export function titleOf(model: NetworkModel, language: Language, subject: MessageCode): string {
  const name = model.title?.[language] ?? model.network
  const text = say(subject, {}, language)
  return name === undefined ? text : `${name} – ${text}`
}

function lastPart(id: string): string {
  const segment = id.slice(id.lastIndexOf('/') + 1)
  return segment.includes('%') && id.includes('/') ? decodeSegment(segment) : segment
}

import type { Design } from './design-network.ts'
import { survivesOf, verdictOf } from './design-report.ts'
import { nodesOf, titleOf } from './draw-network.ts'
import { renderPicture } from './drawing/render-picture.ts'
import type { PictureLine, Tone } from './drawing/render-picture.ts'
import type { NetworkModel } from './network-model.ts'
import { say } from './texts/planner-texts.ts'
import type { Language } from './texts/planner-texts.ts'

/**
 * A design as a picture (SVG): what to lease and commission, among what is there and what is not needed.
 *
 * @param model - what the design was made for; of an SNDlib instance the model that {@link readModel} makes of it
 */
export function drawDesign(model: NetworkModel, design: Design, language: Language): string {
  const all = { ...model, branches: [...model.branches, ...model.candidates.branches] }
  const offered = new Set(model.candidates.branches.map(({ id }) => id))
  const chosen = new Set(design.branches)
  const nodes = nodesOf(all, language, (id) =>
    chosen.has(id) ? 'new' : offered.has(id) ? 'unused' : 'plain',
  )
  const places = new Map(nodes.map(({ id }, index) => [id, index]))
  const designed = new Map(design.links.map((link) => [link.id, link]))
  const lines = [...model.lines, ...model.candidates.lines].map(({ id, ends }): PictureLine => {
    const link = designed.get(id)
    const modules = link?.modules ?? []
    const tone: Tone = link === undefined ? 'unused' : modules.length > 0 ? 'new' : 'plain'
    return {
      id,
      ends: [places.get(ends[0]) ?? -1, places.get(ends[1]) ?? -1],
      label: modules.map(({ count, capacity }) => `${count}×${capacity}`).join(' + '),
      tone,
    }
  })
  return renderPicture(
    {
      title: titleOf(model, language, 'picture_design'),
      notes: [verdictOf(design, language), survivesOf(design, language)],
      nodes,
      lines,
      legend: [
        { tone: 'plain', text: say('legend_plain', {}, language) },
        { tone: 'new', text: say('legend_chosen', {}, language) },
        { tone: 'unused', text: say('legend_unused', {}, language) },
      ],
    },
    language,
  )
}

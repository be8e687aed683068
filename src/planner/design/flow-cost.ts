import type { Highs } from 'highs'
import { capacitiesOf } from './design-problem.ts'
import type { Choice, DesignProblem } from './design-problem.ts'
import { FlowRows } from './flow-rows.ts'
import { LinearProgram } from './linear-program.ts'
import { NEGLIGIBLE } from './outage-check.ts'

/** The least that flows cost on the capacities of a choice that carries them. */
export function flowCostOf(highs: Highs, problem: DesignProblem, choice: Choice): number {
  const program = new LinearProgram()
  const flows = new FlowRows(program, problem)
  const capacities = capacitiesOf(problem, choice)
  for (const [link, directions] of flows.usage(problem.links.length).entries()) {
    const shares = problem.sharing === 'each' ? directions : [directions.flat()]
    for (const columns of shares)
      program.row(
        -Infinity,
        (capacities[link] ?? 0) + NEGLIGIBLE,
        columns.map((column) => [column, 1]),
      )
  }
  const model = program.load(highs)
  try {
    model.run()
    const isSolved = model.getModelStatus() === highs.constants.modelStatus.optimal
    return isSolved ? model.getObjectiveValue() : Infinity
  } finally {
    model.dispose()
  }
}

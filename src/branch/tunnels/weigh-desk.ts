import { performance } from 'node:perf_hooks'
import { encodeControl, MAX_CONTROL_LINE_BYTES, type WeighMessage } from '../../transport/branch-control.ts'
import type { WeighedMessage } from '../../transport/branch-control.ts'
import type { BranchDirectory } from '../branch-directory.ts'
import type { ConnectedGateway } from '../control/connected-gateways.ts'
import { pathRules } from '../mesh/path-rules.ts'
import { type MeshKnowledge, pathView } from '../mesh/path-view.ts'
import { weighWays } from '../mesh/weigh-ways.ts'

interface WeighDeskOptions {
  readonly directory: Pick<BranchDirectory, 'isActive'>
  readonly knowledge: MeshKnowledge
  /** Most answers in one second, to all gateways together. Default 20: each looks at the mesh a hundred times. */
  readonly perSecond?: number
}

/** Tells gateways which ways there are, without opening one. */
export class WeighDesk {
  readonly #options: WeighDeskOptions
  #second = 0
  #answered = 0

  constructor(options: WeighDeskOptions) {
    this.#options = options
  }

  /** Answers with the ways, or with why they are not told. */
  answer(gateway: ConnectedGateway, message: WeighMessage): void {
    const { n, target } = message
    const refuse = (code: string, detail: string): void =>
      void gateway.channel.send({ t: 'refused', n, code, detail })
    if (!this.#mayAnswer()) return refuse('too_many_requests', 'this branch weighs too many ways already')
    if (!this.#options.directory.isActive(target)) {
      return refuse('unknown_gateway', 'the directory knows no such active gateway')
    }
    const { knowledge } = this.#options
    const ways = weighWays(pathView(knowledge, target), pathRules(knowledge, gateway.id, message))
    gateway.channel.send(fitting({ t: 'weighed', n, ways }))
  }

  #mayAnswer(): boolean {
    const second = Math.floor(performance.now() / 1_000)
    if (second !== this.#second) this.#answered = 0
    this.#second = second
    this.#answered += 1
    return this.#answered <= (this.#options.perSecond ?? 20)
  }
}

/** Without the worst ways, when the names of lines and risk groups make all of them too long for a line. */
function fitting(message: WeighedMessage): WeighedMessage {
  let fits = message
  while (fits.ways.length > 0 && Buffer.byteLength(encodeControl(fits)) > MAX_CONTROL_LINE_BYTES) {
    fits = { ...fits, ways: fits.ways.slice(0, -1) }
  }
  return fits
}

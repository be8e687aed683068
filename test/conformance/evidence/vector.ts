import type { EvidenceFile } from '../../../src/evidence/evidence-file.ts'
import { formatEvidenceFile } from '../../../src/evidence/evidence-file.ts'
import { exchangeOnPaper, fileOnPaper } from '../../../src/evidence/testing/paper-exchange.ts'
import type { PaperExchange, PaperFile } from '../../../src/evidence/testing/paper-exchange.ts'
import { newBranch, newGateway, PaperNetwork } from '../../../src/evidence/testing/paper-network.ts'
import type { PaperBranch, PaperGateway } from '../../../src/evidence/testing/paper-network.ts'
import { digest256 } from '../../../src/protocol/digest.ts'
import type { Anchor } from '../../../src/trust/anchor.ts'

/** One case for any verifier, in any language. */
export interface EvidenceVector {
  readonly name: string
  /** The text of the file, exactly. */
  readonly file: string
  /** So many spaces stand in front of it. */
  readonly padding?: number
  /** Which of the anchors. */
  readonly anchor: string
  /** Base64 of the bodies presented with it. */
  readonly requestBody?: string
  readonly responseBody?: string
  /** All entries of the directory, when they are given to the verifier. */
  readonly directoryEntries?: readonly string[]
  readonly expect: 'ok' | { readonly step: string; readonly code: string }
}

/** Vectors with the anchors they name. */
export interface VectorFile {
  readonly title: string
  /**
   * Long texts that many vectors share. Wherever `{{name}}` stands in a `file` or in one of `directoryEntries`, the
   * text of that name stands for it.
   */
  readonly fragments: Readonly<Record<string, string>>
  readonly anchors: Readonly<Record<string, Anchor>>
  readonly vectors: readonly EvidenceVector[]
}

export const AGREEMENT: string = digest256('an agreement')
export const MINUTE = 60_000
export const DAY = 86_400_000

/** A small network to tell cases in: RTA consumes, DEWA provides, the branch CORE of DDA witnesses. */
export interface Scene {
  readonly network: PaperNetwork
  readonly rta: PaperGateway
  readonly dewa: PaperGateway
  readonly core: PaperBranch
  /** A request of RTA and DEWA's answer, ten minutes after the network began. */
  readonly exchange: PaperExchange
  readonly atMs: number
  readonly file: (options?: Partial<PaperFile>) => Promise<EvidenceFile>
  /** Lets something happen to the network, and then lets it not have happened. */
  readonly aside: (act: (scene: Scene) => Promise<void> | void) => Promise<void>
}

/** The scene, with its clock one hour after the exchange. */
export async function setScene(network?: PaperNetwork): Promise<Scene> {
  const paper = network ?? (await PaperNetwork.create())
  const rta = newGateway(`${paper.network}/GOV/RTA/gw-1`)
  const dewa = newGateway(`${paper.network}/SEMI/DEWA/gw-1`)
  const core = newBranch(`${paper.network}/branch/CORE`, `${paper.network}/GOV/DDA`)
  await paper.admit(core.host)
  await paper.commission(core)
  for (const gateway of [rta, dewa]) {
    await paper.admit(gateway.member)
    await paper.enrol(gateway, paper.by)
  }
  await paper.agree(AGREEMENT, dewa, rta)
  paper.witnesses = [core]
  const atMs = paper.nowMs + 10 * MINUTE
  const exchange = exchangeOnPaper(rta, dewa, {
    nowMs: atMs,
    size: 3,
    place: 1,
    request: { agreement: AGREEMENT },
  })
  paper.nowMs = atMs + 60 * MINUTE
  const file = (options: Partial<PaperFile> = {}): Promise<EvidenceFile> =>
    fileOnPaper({ network: paper, holder: rta, exchange, witnesses: [core], ...options })
  const scene: Scene = { network: paper, rta, dewa, core, exchange, atMs, file, aside }
  async function aside(act: (scene: Scene) => Promise<void> | void): Promise<void> {
    const { nowMs, witnesses, size } = paper
    await act(scene)
    paper.entries.length = size
    Object.assign(paper, { nowMs, witnesses })
  }
  return scene
}

/** Gathers vectors and the anchors of their networks. */
export class VectorList {
  readonly anchors: Record<string, Anchor> = {}
  readonly vectors: EvidenceVector[] = []

  good(
    name: string,
    network: PaperNetwork,
    file: EvidenceFile | string,
    others: Partial<EvidenceVector> = {},
  ): void {
    this.#add(name, network, file, { ...others, expect: 'ok' })
  }

  bad(
    name: string,
    network: PaperNetwork,
    file: EvidenceFile | string,
    refusal: readonly [step: string, code: string],
    others: Partial<EvidenceVector> = {},
  ): void {
    const [step, code] = refusal
    this.#add(name, network, file, { ...others, expect: { step, code } })
  }

  #add(
    name: string,
    network: PaperNetwork,
    file: EvidenceFile | string,
    others: Partial<EvidenceVector> & Pick<EvidenceVector, 'expect'>,
  ): void {
    const anchor = this.#nameOf(network.anchor)
    const text = typeof file === 'string' ? file : formatEvidenceFile(file)
    const copied =
      others.directoryEntries === undefined ? {} : { directoryEntries: [...others.directoryEntries] }
    this.vectors.push({ name, anchor, ...others, ...copied, file: text })
  }

  #nameOf(anchor: Anchor): string {
    const known = Object.keys(this.anchors).find((name) => this.anchors[name] === anchor)
    if (known !== undefined) return known
    const name = `network-${Object.keys(this.anchors).length + 1}`
    this.anchors[name] = anchor
    return name
  }
}

/** A deep copy to damage. */
export function copyOf(file: EvidenceFile): Mutable<EvidenceFile & { answer: object }> {
  return JSON.parse(formatEvidenceFile(file)) as Mutable<EvidenceFile & { answer: object }>
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends string | number ? T[K] : Mutable<T[K]> }

export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}

/** Strings of at least this many characters are worth a fragment when they stand in several vectors. */
const FRAGMENT_LENGTH = 60

/** Takes out what many vectors share. */
export function foldVectors(vectors: readonly EvidenceVector[]): Pick<VectorFile, 'fragments' | 'vectors'> {
  const seen = new Map<string, number>()
  const texts = vectors.flatMap(({ file, directoryEntries = [] }) => [file, ...directoryEntries])
  for (const text of texts) {
    for (const piece of new Set(piecesOf(text))) seen.set(piece, (seen.get(piece) ?? 0) + 1)
  }
  const shared = [...seen].filter(([, count]) => count > 1).map(([piece]) => piece)
  const names = new Map(shared.map((piece, at) => [piece, `f${at}`]))
  const fold = (text: string): string => {
    let folded = text
    for (const piece of piecesOf(text)) {
      const name = names.get(piece)
      if (name !== undefined) folded = folded.replaceAll(piece, `{{${name}}}`)
    }
    return folded
  }
  const fragments = Object.fromEntries([...names].map(([piece, name]) => [name, piece]))
  return {
    fragments,
    vectors: vectors.map((vector) => {
      const { directoryEntries } = vector
      const entries = directoryEntries === undefined ? {} : { directoryEntries: directoryEntries.map(fold) }
      return { ...vector, ...entries, file: fold(vector.file) }
    }),
  }
}

/** Puts back what {@link foldVectors} took out. */
export function unfold(text: string, fragments: VectorFile['fragments']): string {
  return text.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => fragments[name] ?? '')
}

/** The contents of long strings, as they are written. */
function piecesOf(text: string): string[] {
  const strings = text.match(/"(?:[^"\\]|\\.)*"/g) ?? []
  return strings.map((quoted) => quoted.slice(1, -1)).filter(({ length }) => length >= FRAGMENT_LENGTH)
}

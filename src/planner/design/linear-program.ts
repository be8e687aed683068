import type { Highs, Model, ModelData } from 'highs'

/** Rows and columns of a linear program with some whole-number columns, as it is put together. Always a minimum. */
export class LinearProgram {
  readonly #cost: number[] = []
  readonly #lower: number[] = []
  readonly #upper: number[] = []
  readonly #isWhole: number[] = []
  readonly #rowLower: number[] = []
  readonly #rowUpper: number[] = []
  readonly #starts: number[] = [0]
  readonly #indices: number[] = []
  readonly #values: number[] = []

  get columns(): number {
    return this.#cost.length
  }

  get rows(): number {
    return this.#rowLower.length
  }

  /** Whether any column takes whole numbers only. */
  get hasWhole(): boolean {
    return this.#isWhole.includes(1)
  }

  /** Adds a column and gives its number. */
  column(cost: number, lower: number, upper: number, isWhole: boolean = false): number {
    this.#cost.push(cost)
    this.#lower.push(lower)
    this.#upper.push(upper)
    this.#isWhole.push(isWhole ? 1 : 0)
    return this.#cost.length - 1
  }

  /** Adds `lower ≤ Σ value · column ≤ upper` and gives the row's number. A column is named once. */
  row(lower: number, upper: number, terms: Iterable<readonly [column: number, value: number]>): number {
    for (const [column, value] of terms) {
      this.#indices.push(column)
      this.#values.push(value)
    }
    this.#starts.push(this.#indices.length)
    this.#rowLower.push(lower)
    this.#rowUpper.push(upper)
    return this.#rowLower.length - 1
  }

  /** Hands a copy to the solver. Whoever calls disposes of it. */
  load(highs: Highs): Model {
    const { infinity } = highs
    const bounded = (values: readonly number[]): Float64Array =>
      Float64Array.from(values, (value) => Math.max(-infinity, Math.min(infinity, value)))
    const data: ModelData = {
      numCols: this.columns,
      numRows: this.rows,
      colCost: Float64Array.from(this.#cost),
      colLower: bounded(this.#lower),
      colUpper: bounded(this.#upper),
      rowLower: bounded(this.#rowLower),
      rowUpper: bounded(this.#rowUpper),
      matrix: {
        format: 'csr',
        numRows: this.rows,
        numCols: this.columns,
        starts: Int32Array.from(this.#starts),
        indices: Int32Array.from(this.#indices),
        values: Float64Array.from(this.#values),
      },
      ...(this.hasWhole ? { integrality: Int32Array.from(this.#isWhole) } : {}),
    }
    const model = highs.createModel(data)
    model.options.set({ output_flag: false })
    return model
  }
}

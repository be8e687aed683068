/** What the typesetter's process is given, as JSON on its standard input. */
export interface TypesetJob {
  /** The text of the layout. */
  readonly layout: string
  /** The only folder of which the layout may read files. */
  readonly workspace: string
  readonly fonts: readonly string[]
  /** What the layout finds in `sys.inputs`: data, never evaluated. */
  readonly inputs: Readonly<Record<string, string>>
  /** Names of marks whose values are told. */
  readonly marks: readonly string[]
}

/** What it tells on its standard output. */
export type TypesetAnswer =
  | { readonly ok: true; readonly pdf: string; readonly places: readonly MarkedPlace[] }
  | { readonly ok: false; readonly problems: readonly string[] }

/** A rectangle on a page; points from the upper left corner of the page, the first page is 1. */
export interface MarkedPlace {
  readonly page: number
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

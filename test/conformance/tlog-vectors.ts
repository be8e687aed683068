import { readFileSync } from 'node:fs'

interface Root {
  readonly size: number
  readonly root: string
  readonly rootBase64: string
}

interface Inclusion {
  readonly size: number
  readonly index: number
  readonly leafHash: string
  readonly proof: readonly string[]
}

interface Consistency {
  readonly from: number
  readonly to: number
  readonly proof: readonly string[]
}

interface CheckpointValues {
  readonly origin: string
  readonly size: string
  readonly rootHash: string
  readonly extensions: readonly string[]
}

interface KeyName {
  readonly name: string
  readonly keyId: string
  readonly timestamp?: number
}

interface OpenCase {
  readonly name: string
  readonly note?: string
  readonly noteHex?: string
  readonly known: readonly string[]
  readonly expect: {
    readonly text?: string
    readonly error?: string
    readonly verified?: readonly KeyName[]
    readonly unverified?: readonly KeyName[]
    readonly checkpoint?: CheckpointValues
  }
}

interface ProofCase {
  readonly name: string
  readonly text: string
  readonly parsed?: {
    readonly index: string
    readonly hashes: readonly string[]
    readonly extra: string | null
    readonly checkpoint: string
  }
  readonly entryHex?: string
  readonly logKey?: string
  readonly witnessKeys?: readonly string[]
}

/** `vectors/tlog.json`, as far as the tests read it. */
export interface TlogVectors {
  readonly hashes: {
    readonly emptyTree: { readonly hash: string }
    readonly leaf: readonly { readonly dataHex: string; readonly hash: string }[]
    readonly node: readonly { readonly left: string; readonly right: string; readonly hash: string }[]
  }
  readonly referenceTree: {
    readonly leavesHex: readonly string[]
    readonly nodes: { readonly levels: readonly (readonly string[])[] }
    readonly roots: readonly Root[]
    readonly inclusion: readonly Inclusion[]
    readonly consistency: readonly Consistency[]
  }
  readonly proofChecks: {
    readonly inclusion: readonly (Omit<Inclusion, 'index' | 'size'> & {
      readonly name: string
      readonly index: number | string
      readonly size: number | string
      readonly root: string
      readonly valid: boolean
    })[]
    readonly consistency: readonly (Consistency & {
      readonly name: string
      readonly fromRoot: string
      readonly toRoot: string
      readonly valid: boolean
    })[]
  }
  readonly recordTree: {
    readonly roots: readonly Root[]
    readonly inclusion: readonly Inclusion[]
    readonly consistency: readonly Consistency[]
  }
  readonly tiles: {
    readonly bySize: readonly {
      readonly size: number
      readonly levels: readonly {
        readonly level: number
        readonly full: number
        readonly partialWidth: number
        readonly partialPath: string | null
        readonly lastFullPath: string | null
      }[]
    }[]
    readonly contents: readonly {
      readonly tree: string
      readonly size: number
      readonly path: string
      readonly width: number
      readonly sha256: string
      readonly contentBase64?: string
    }[]
    readonly nodeToTile: readonly {
      readonly treeLevel: number
      readonly treeIndex: number
      readonly tileLevel: number
      readonly tileIndex: number
      readonly levelInTile: number
      readonly indexInTile: number
    }[]
  }
  readonly entryBundles: {
    readonly cases: readonly {
      readonly tree: string
      readonly size: number
      readonly path: string
      readonly count: number
      readonly length: number
      readonly sha256: string
      readonly contentBase64?: string
    }[]
    readonly refuse: readonly {
      readonly name: string
      readonly contentHex: string
      readonly width: number
    }[]
    readonly pathForEntry: readonly {
      readonly index: number
      readonly size: number
      readonly path: string
    }[]
  }
  readonly tilePaths: {
    readonly cases: readonly {
      readonly level: number | 'entries'
      readonly index: string
      readonly width: number | null
      readonly path: string
    }[]
    readonly refuse: readonly { readonly path: string }[]
  }
  readonly keys: {
    readonly valid: readonly {
      readonly vkey: string
      readonly name: string
      readonly keyId: string
      readonly signatureType: number
      readonly publicKey: string
      readonly skey?: string
      readonly seed?: string
      readonly cosignatureKeyId: string
    }[]
    readonly refuse: readonly { readonly vkey: string; readonly why: string }[]
  }
  readonly notes: {
    readonly sign: readonly {
      readonly text: string
      readonly signWith: readonly { readonly name: string; readonly seed: string }[]
      readonly note?: string
      readonly error?: boolean
    }[]
    readonly open: readonly OpenCase[]
    readonly tooMany: {
      readonly text: string
      readonly signatureLine: string
      readonly repeat: number
      readonly known: readonly string[]
      readonly expect: { readonly error: string }
    }
  }
  readonly checkpoints: {
    readonly valid: readonly { readonly text: string; readonly parsed: CheckpointValues }[]
    readonly refuse: readonly { readonly text: string; readonly why: string }[]
  }
  readonly cosigned: {
    readonly valid: readonly (OpenCase & {
      readonly cosignedMessage?: string
      readonly cosignedMessages?: Readonly<Record<string, string>>
    })[]
    readonly refuse: readonly OpenCase[]
    readonly parseSignature: readonly {
      readonly signatureBase64: string
      readonly keyId?: string
      readonly timestamp?: number
      readonly error?: boolean
    }[]
    readonly publishedConsistency: Consistency & { readonly fromRoot: string; readonly toRoot: string }
  }
  readonly proofText: {
    readonly valid: readonly (ProofCase & { readonly valid?: boolean })[]
    readonly refuse: readonly (ProofCase & { readonly why: string })[]
  }
  readonly witness: {
    readonly logKey: string
    readonly requests: readonly {
      readonly name: string
      readonly body: string
      readonly status: number
      readonly responseBody?: string
      readonly responseContentType?: string
    }[]
  }
}

/** The vectors of ledgers, tiles, notes and witnesses. */
export const tlog: TlogVectors = JSON.parse(
  readFileSync(new URL('vectors/tlog.json', import.meta.url), 'utf8'),
) as TlogVectors

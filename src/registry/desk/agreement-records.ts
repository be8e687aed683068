import { WuslaError } from '../../protocol/wusla-error.ts'
import { MAX_DOCUMENT_BYTES } from './desk-limits.ts'
import { type FiledAgreement, partiesOf } from './filed-agreement.ts'
import type { RecordFolder } from './record-folder.ts'

/**
 * The agreements that lie at the registry: in memory all but the documents, on disk one record each and the newest signed
 * revision beside it. Written by one act at a time.
 */
export class AgreementRecords {
  readonly #folder: RecordFolder
  readonly #filed = new Map<string, FiledAgreement>()
  readonly #byMember = new Map<string, Set<string>>()

  private constructor(folder: RecordFolder) {
    this.#folder = folder
  }

  static async open(folder: RecordFolder): Promise<AgreementRecords> {
    const records = new AgreementRecords(folder)
    const names = await folder.names()
    const read = await folder.readRecords(names.filter((name) => name.endsWith('.json')))
    for (const filed of read) records.#keep(filed as FiledAgreement)
    // A revision is written before the record that names it: a crash between the two leaves one that nobody named.
    for (const name of names.filter((each) => each.endsWith('.pdf'))) {
      const [hash = '', revision] = name.split('.')
      if (records.get(hash)?.revision !== revision) await folder.remove(name)
    }
    return records
  }

  get(hash: string): FiledAgreement | undefined {
    return this.#filed.get(hash)
  }

  /** Those of one member, or all, in the order in which they were filed or read. */
  list(member?: string): FiledAgreement[] {
    if (member === undefined) return [...this.#filed.values()]
    return [...(this.#byMember.get(member) ?? [])].flatMap((hash) => this.#filed.get(hash) ?? [])
  }

  /** Durable when it resolves. When it fails, the disk may have the new record while this process goes on with the old. */
  async save(filed: FiledAgreement): Promise<void> {
    await this.#folder.write(`${filed.hash}.json`, JSON.stringify(filed))
    this.#keep(filed)
  }

  /** Saves a record with the revision that it names, and drops the revision before it. */
  async saveWithDocument(
    filed: FiledAgreement & { readonly revision: string },
    document: Uint8Array,
  ): Promise<void> {
    const before = this.#filed.get(filed.hash)?.revision
    await this.#folder.write(documentName(filed.hash, filed.revision), document)
    await this.save(filed)
    // Only now: until the record is durable the old one may be what a start finds.
    if (before !== undefined && before !== filed.revision)
      await this.#folder.remove(documentName(filed.hash, before))
  }

  /** The newest signed revision; undefined while nobody has signed. @throws WuslaError `file_unreadable` */
  async readDocument({ hash, revision }: FiledAgreement): Promise<Buffer | undefined> {
    if (revision === undefined) return undefined
    const file = documentName(hash, revision)
    const document = await this.#folder.read(file, MAX_DOCUMENT_BYTES)
    if (document === undefined) throw new WuslaError('file_unreadable', { details: { file } })
    return document
  }

  /** Takes an agreement that came to nothing off the disk. The record first: without it a start removes the revision. */
  async forget({ hash, revision, content }: FiledAgreement): Promise<void> {
    await this.#folder.remove(`${hash}.json`)
    if (revision !== undefined) await this.#folder.remove(documentName(hash, revision))
    this.#filed.delete(hash)
    for (const party of partiesOf({ content })) this.#byMember.get(party)?.delete(hash)
  }

  #keep(filed: FiledAgreement): void {
    this.#filed.set(filed.hash, filed)
    for (const member of partiesOf(filed)) {
      const hashes = this.#byMember.get(member) ?? new Set()
      this.#byMember.set(member, hashes.add(filed.hash))
    }
  }
}

function documentName(hash: string, revision: string): string {
  return `${hash}.${revision}.pdf`
}

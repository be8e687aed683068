import type { Directory } from '../directory/directory.ts'

type Draft = Readonly<Record<string, unknown>>

/**
 * A draft with the names by which the directory knows its parties and services, for the document that people read. What has a name
 * keeps it; whatever is malformed stays as it is, for the check of the content to say so.
 */
export function nameDraft(draft: object, directory: Pick<Directory, 'member' | 'service'>): object {
  const { parties, grants } = draft as Draft
  return {
    ...draft,
    ...(Array.isArray(parties)
      ? { parties: parties.map((party) => named(party, 'member', 'name', (id) => directory.member(id))) }
      : {}),
    ...(Array.isArray(grants)
      ? {
          grants: grants.map((grant) =>
            named(grant, 'service', 'serviceName', (id) => directory.service(id)),
          ),
        }
      : {}),
  }
}

function named(
  item: unknown,
  idKey: string,
  nameKey: string,
  lookUp: (id: string) => { readonly name: { readonly ar: string; readonly en: string } } | undefined,
): unknown {
  if (item === null || typeof item !== 'object' || nameKey in item) return item
  const id = (item as Draft)[idKey]
  const record = typeof id === 'string' ? lookUp(id) : undefined
  return record === undefined ? item : { ...item, [nameKey]: record.name }
}

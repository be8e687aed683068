/** The record while it is in office. */
export function active<R extends { readonly status: 'active' | 'retired' }>(
  record: R | undefined,
): R | undefined {
  return record?.status === 'active' ? record : undefined
}

/** The records that are there. */
export function present<R>(records: readonly (R | undefined)[]): R[] {
  return records.filter((record) => record !== undefined)
}

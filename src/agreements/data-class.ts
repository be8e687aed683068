/** How sensitive data is, from the least on (`docs/spec/agreement.md` 5.15). */
export const DATA_CLASSES = ['open', 'confidential', 'sensitive', 'secret'] as const

/** One of {@link DATA_CLASSES}. */
export type DataClass = (typeof DATA_CLASSES)[number]

/** Whether data of the class `data` may go where data up to the class `upTo` may. */
export function isWithinClass(data: DataClass, upTo: DataClass): boolean {
  return DATA_CLASSES.indexOf(data) <= DATA_CLASSES.indexOf(upTo)
}

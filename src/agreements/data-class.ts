/** How sensitive data is, from the least on (`docs/spec/agreement.md` 5.15). */
export const DATA_CLASSES = ['open', 'confidential', 'sensitive', 'secret'] as const

/** One of {@link DATA_CLASSES}. */
export type DataClass = (typeof DATA_CLASSES)[number]

/** Whether data of this class is more sensitive than the highest class that is let through. */
export function isAboveClass(dataClass: DataClass, highest: DataClass): boolean {
  return DATA_CLASSES.indexOf(dataClass) > DATA_CLASSES.indexOf(highest)
}

/**
 * The X.509 library wires itself together with decorators and needs three functions of the former metadata
 * proposal on `Reflect`. These are enough for it. A complete implementation that is already there is left alone.
 * Import this file before the library.
 */
interface MetadataReflect {
  defineMetadata?(key: unknown, value: unknown, target: object): void
  getOwnMetadata?(key: unknown, target: object): unknown
  getMetadata?(key: unknown, target: object): unknown
}

function provideMetadata(reflect: MetadataReflect): void {
  if (reflect.getMetadata !== undefined) return
  const byTarget = new WeakMap<object, Map<unknown, unknown>>()
  reflect.defineMetadata = (key, value, target) => {
    const entries = byTarget.get(target) ?? new Map<unknown, unknown>()
    byTarget.set(target, entries.set(key, value))
  }
  reflect.getOwnMetadata = (key, target) => byTarget.get(target)?.get(key)
  reflect.getMetadata = (key, target) => {
    let at: unknown = target
    while (at !== null && (typeof at === 'object' || typeof at === 'function')) {
      const value = byTarget.get(at)?.get(key)
      if (value !== undefined) return value
      at = Object.getPrototypeOf(at)
    }
    return undefined
  }
}

provideMetadata(Reflect as MetadataReflect)

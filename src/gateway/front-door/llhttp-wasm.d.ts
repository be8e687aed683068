/** The parser of Node.js as WebAssembly, in the form that undici carries. */
declare module 'undici/lib/llhttp/llhttp_simd-wasm.js' {
  const bytes: Buffer<ArrayBuffer>
  export default bytes
}

/** The part of the runtime's global that is used here; the types of Node.js leave it to those of browsers. */
declare namespace WebAssembly {
  interface Memory {
    readonly buffer: ArrayBuffer
  }
  const Module: new (bytes: Uint8Array) => object
  class Instance {
    readonly exports: Readonly<Record<string, unknown>>
    constructor(module: object, imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>)
  }
}

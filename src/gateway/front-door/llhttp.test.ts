import assert from 'node:assert/strict'
import { test } from 'node:test'
import llhttpBytes from 'undici/lib/llhttp/llhttp_simd-wasm.js'
import { sha256 } from '../../protocol/digest.ts'
import { Llhttp } from './llhttp.ts'

/**
 * The parser inside undici 8.12.4. The path is no promise of undici's: whoever takes another version reads what changed
 * in llhttp, runs the tests of both doors, and then writes the new digest here.
 */
const SHA256 = '18403ee56fab07f89a845028bad358bb3ebcda213f8e2ec0989a991e9c33da69'

const CALLED_BACK = [
  'wasm_on_body',
  'wasm_on_header_field',
  'wasm_on_header_value',
  'wasm_on_headers_complete',
  'wasm_on_message_begin',
  'wasm_on_message_complete',
  'wasm_on_status',
  'wasm_on_url',
]

const CALLED = [
  '_initialize',
  'llhttp_alloc',
  'llhttp_errno_name',
  'llhttp_execute',
  'llhttp_finish',
  'llhttp_free',
  'llhttp_get_error_pos',
  'llhttp_get_http_major',
  'llhttp_get_http_minor',
  'llhttp_get_method',
  'llhttp_method_name',
  'llhttp_resume',
  'llhttp_resume_after_upgrade',
  'malloc',
  'memory',
]

/** The two questions about a module that the types of this project leave out. */
const ask = WebAssembly.Module as unknown as {
  readonly imports: (module: object) => { readonly name: string }[]
  readonly exports: (module: object) => { readonly name: string }[]
}

test('the parser is the one that was looked at, byte for byte', () => {
  assert.equal(sha256(llhttpBytes).toString('hex'), SHA256)
})

test('the parser calls back what is given to it, and has what is called', () => {
  const module = new WebAssembly.Module(llhttpBytes)
  const wanted = ask.imports(module).map(({ name }) => name)
  assert.deepEqual(wanted.toSorted(), CALLED_BACK)
  const offered = new Set(ask.exports(module).map(({ name }) => name))
  assert.deepEqual(
    CALLED.filter((name) => !offered.has(name)),
    [],
  )
})

test('the parser is strict: what a lenient flag would let through is refused', () => {
  const llhttp = new Llhttp()
  const lenient: readonly [string, string][] = [
    ['GET / HTTP/1.1\nHost: a\n\n', 'bare line feeds'],
    ['POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n', 'two lengths'],
    ['POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, x\r\n\r\n', 'chunked is not last'],
    ['GET / HTTP/1.9\r\nHost: a\r\n\r\n', 'a version that is none'],
    [
      'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1 \r\na\r\n',
      'a space behind the size of a chunk',
    ],
    ['POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na0\r\n', 'a chunk without its end'],
    ['GET / HTTP/1.1\r\nX: a\0b\r\n\r\n', 'a NUL in a value'],
  ]
  for (const [text, why] of lenient) {
    const parser = llhttp.allocate('request')
    const result = llhttp.execute(parser, Buffer.from(text, 'latin1'), false, false)
    assert.match(llhttp.nameOf(result), /^HPE_(?!OK|PAUSED)/, why)
    llhttp.free(parser)
  }
})

import { readFileSync } from 'node:fs'
import { json } from 'node:stream/consumers'
import { NodeCompiler } from '@myriaddreamin/typst-ts-node-compiler'
import type { TypesetAnswer, TypesetJob } from './typeset-job.ts'

// The only file that loads the typesetter, and a process of its own: it is a native module of some fifty megabytes, and
// a gateway or registry must neither carry it nor fall with it.

const job = (await json(process.stdin)) as TypesetJob
const answer = JSON.stringify(typeset(job))
process.stdout.write(answer)

function typeset({ layout, workspace, fonts, inputs, marks }: TypesetJob): TypesetAnswer {
  const fontBlobs = fonts.map((path) => readFileSync(path))
  const compiler = NodeCompiler.create({ workspace, fontArgs: [{ fontBlobs }] })
  const compiled = compiler.compile({ mainFileContent: layout, inputs })
  const found = compiled.takeError() ?? compiled.takeWarnings()
  const document = compiled.result
  // A warning counts: it says that a font is missing, and then another one would be in its place.
  if (found !== null || document === null) {
    const told = found === null ? [] : (compiler.fetchDiagnostics(found) as readonly { message: string }[])
    return { ok: false, problems: told.map(({ message }) => message) }
  }
  try {
    const pdf = compiler.pdf(document, { pdfStandard: 'a-3b' })
    const places = marks.map(
      (mark) => compiler.query(document, { selector: `<${mark}>`, field: 'value' }) as unknown,
    )
    return { ok: true, pdf: pdf.toString('base64'), places: places.flat() as never }
  } catch (error) {
    // What PDF/A forbids is found only now, for instance a character that no font has. The same may be said many times.
    const told = [...String(error).matchAll(/message: "((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) =>
      text.replaceAll('\\"', '"'),
    )
    return {
      ok: false,
      problems: told.length > 0 ? [...new Set(told)].slice(0, 20) : [String(error).slice(0, 500)],
    }
  }
}

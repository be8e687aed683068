import type { DocumentProblem } from './document-job.ts'

/** A document that cannot be worked on as asked. */
export class DocumentError extends Error {
  readonly problem: DocumentProblem

  constructor(problem: DocumentProblem, message: string) {
    super(message)
    this.problem = problem
  }
}

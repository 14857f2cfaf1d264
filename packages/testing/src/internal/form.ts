/** Reads `multipart/form-data`, of which the fields are kept, but no file: of files, the name, the type and the size. */
import * as Effect from "effect/Effect"
import * as MultipartParser from "effect/http/MultipartParser"
import * as Stream from "effect/Stream"
import { type ReadUpload, Upload } from "./request.ts"

/** A file of a form, as the journal shows it. */
export interface FormFile {
  /** As it was sent, with folders. */
  readonly filename: string | undefined
  readonly mime_type: string
  readonly size_bytes: number
}

type Problem = MultipartParser.MultipartError["_tag"] | "BadPart"

const details: Readonly<Record<Exclude<Problem, "ReachedLimit">, string>> = {
  BadHeaders: "a part has headers that cannot be read",
  BadPart: "a part has no headers",
  EndNotReached: "its last boundary is missing",
  InvalidBoundary: "the content-type header names no boundary",
  InvalidDisposition: "a part has no name"
}

const malformed = (problem: Problem): Upload =>
  problem === "ReachedLimit"
    ? Upload.TooLarge()
    : Upload.Malformed({ detail: `The request body is not valid multipart/form-data: ${details[problem]}` })

const maxParts = 100

/** Reads a form. No file of it may be longer than `maxBytes`, and no field than a megabyte. */
export const readForm: ReadUpload = (request, maxBytes) => {
  const form: Map<string, unknown> = new Map()
  const problems: Array<Problem> = []
  let largest = 0

  const parser = MultipartParser.make({
    headers: request.headers,
    maxParts,
    // A name makes a part a file, and a part of this name is one even without.
    isFile: ({ filename, name }) => filename !== undefined || name === "file",
    onField: (info, value) => form.set(info.name, MultipartParser.decodeField(info, value)),
    onFile: ({ contentType, filename, name }) => {
      let size = 0
      return (chunk) => {
        size += chunk?.length ?? 0
        largest = Math.max(largest, size)
        if (chunk === null) form.set(name, { filename, mime_type: contentType, size_bytes: size } satisfies FormFile)
      }
    },
    onError: ({ _tag }) => problems.push(_tag),
    onDone: () => undefined
  })

  // The parser throws where a part has no headers.
  const feed = (step: () => void) =>
    Effect.try({ try: step, catch: (): Problem => "BadPart" }).pipe(
      Effect.catch((problem) => Effect.sync(() => problems.push(problem)))
    )

  return Stream.runForEach(request.stream, (chunk) => feed(() => parser.write(chunk))).pipe(
    Effect.andThen(feed(() => parser.end())),
    Effect.map(() => {
      const [problem] = problems
      if (largest > maxBytes) return Upload.TooLarge()
      return problem === undefined ? Upload.Json({ value: Object.fromEntries(form) }) : malformed(problem)
    })
  )
}

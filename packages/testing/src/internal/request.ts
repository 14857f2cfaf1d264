/** A request as the simulated API sees it: read as a whole, and free of the server it came through. */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"

export type Upload = Data.TaggedEnum<{
  /** A JSON, or a form as one. */
  Json: { readonly value: unknown }
  /** `detail` is all that the API says of it. */
  Malformed: { readonly detail: string }
  TooLarge: {}
}>

export const Upload = Data.taggedEnum<Upload>()

export interface ApiRequest {
  readonly method: string
  readonly path: string
  readonly params: Readonly<Record<string, string | undefined>>
  readonly query: Readonly<Record<string, string | ReadonlyArray<string>>>
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly upload: Upload
  readonly requestId: string
}

/** Who asks, in either form. */
export const credentialsOf = ({ headers }: ApiRequest) => ({
  apiKey: headers["x-api-key"],
  bearer: /^bearer +(.*)$/i.exec(headers.authorization ?? "")?.[1]
})

/** The body as the journal shows it. */
export const bodyOf: (upload: Upload) => unknown = Upload.$match({
  Json: ({ value }) => value,
  Malformed: () => undefined,
  TooLarge: () => undefined
})

const decoder = new TextDecoder()

/** A parser may set a limit to depth (RFC 8259, section 9). What is below is safe to walk through by recursion. */
const maxDepth = 200

const isDeeper = (json: unknown, depth: number): boolean =>
  typeof json === "object" && json !== null &&
  (depth === 0 || Object.values(json).some((value) => isDeeper(value, depth - 1)))

const malformed = (detail: string): Upload =>
  Upload.Malformed({ detail: `The request body is not valid JSON: ${detail}` })

const parse = (bytes: Uint8Array): Upload =>
  Result.match(
    Result.try({
      try: (): unknown => JSON.parse(decoder.decode(bytes)),
      // Without the piece of the body that follows: the journal tells this, and there may be a secret in it.
      catch: (cause) => cause instanceof Error ? cause.message.replace(/, (?:\.{3})?"[^]*$/, "") : String(cause)
    }),
    {
      onSuccess: (value) => isDeeper(value, maxDepth) ? malformed("recursion limit exceeded") : Upload.Json({ value }),
      onFailure: malformed
    }
  )

/** What there is of a request before it is read. */
export interface Incoming<E> {
  readonly headers: Readonly<Record<string, string>>
  readonly stream: Stream.Stream<Uint8Array, E>
}

/**
 * Reads a body to its end, but keeps no more than `maxBytes`: a client that is cut off while it still sends might see a
 * broken connection instead of the refusal.
 */
export type ReadUpload = <E>(request: Incoming<E>, maxBytes: number) => Effect.Effect<Upload, E>

/** Reads a JSON. */
export const readUpload: ReadUpload = (request, maxBytes) => {
  const chunks: Array<Uint8Array> = []
  let size = 0
  return Effect.map(
    Stream.runForEach(request.stream, (chunk) =>
      Effect.sync(() => {
        size += chunk.length
        if (size <= maxBytes) chunks.push(chunk)
        else chunks.length = 0
      })),
    () => size > maxBytes ? Upload.TooLarge() : parse(Buffer.concat(chunks))
  )
}

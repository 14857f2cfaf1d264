/** `/v1/files`. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { flow } from "effect/Function"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Answer from "./answer.ts"
import * as ApiError from "./apiError.ts"
import {
  all,
  decodeLimit,
  type Endpoint,
  endpoint,
  first,
  type Handler,
  isBeta,
  jsonBody,
  type Settings
} from "./endpoint.ts"
import * as Files from "./files.ts"
import { readForm } from "./form.ts"
import * as MessageRequest from "./messageRequest.ts"
import * as Page from "./page.ts"
import type { ApiRequest } from "./request.ts"

const maxBytes = 500 * 1024 * 1024

const lifetime = MessageRequest.inputShouldBe("a whole number from 3600 to 7776000")

const decodeUpload = MessageRequest.decode(
  MessageRequest.open({
    file: MessageRequest.required(
      Schema.Struct({
        filename: Schema.UndefinedOr(Schema.String),
        mime_type: Schema.String,
        size_bytes: Schema.Number
      })
    ),
    expires_in_seconds: Schema.optional(
      Schema.NumberFromString.check(
        Schema.isInt(lifetime),
        Schema.isBetween({ minimum: 3600, maximum: 7_776_000 }, lifetime)
      )
    )
  })
)

/** The beta's clients are told of a file's scope, which none has here. */
const describe = (file: Files.File, request: ApiRequest) =>
  isBeta(request) ? { ...Files.metadata(file), scope: null } : Files.metadata(file)

const uploadFile: Handler = Effect.fnUntraced(function*(request, { files }) {
  const { expires_in_seconds, file } = yield* Effect.flatMap(jsonBody(request), decodeUpload)
  const createdAt = yield* Clock.currentTimeMillis
  const added = files.add({
    id: request.requestId.replace(/^req/, "file"),
    filename: file.filename,
    mimeType: file.mime_type,
    size: file.size_bytes,
    createdAt,
    expiresAt: expires_in_seconds === undefined ? Infinity : createdAt + 1000 * expires_in_seconds
  })
  return yield* Effect.fromOption(added).pipe(
    Effect.mapBoth({
      onSuccess: (file) => Answer.json(200, describe(file, request)),
      onFailure: () =>
        new ApiError.ApiError({
          status: 400,
          code: "storage_quota_exceeded",
          detail: "Your organization's file storage quota is exhausted. Delete files to free up space."
        })
    })
  )
})

const maxIds = 100

const idsAsked = Effect.fnUntraced(function*({ query }: ApiRequest) {
  const ids = new Set([...all(query.ids), ...all(query["ids[]"])])
  if (ids.size > maxIds) {
    return yield* ApiError.invalidRequest(`ids: List should have at most ${maxIds} items, not ${ids.size}`)
  }
  if (ids.size > 0 && (query.page !== undefined || query.limit !== undefined)) {
    return yield* ApiError.invalidRequest("ids: cannot be combined with page or limit")
  }
  return ids
})

/** The position of the file after which a page begins. It holds when that file is gone. */
const Cursor = Schema.StringFromBase64Url.pipe(
  Schema.decodeTo(Schema.FiniteFromString.check(Schema.isInt(), Schema.isGreaterThan(0)))
)

const encodeCursor = Schema.encodeSync(Cursor)

const decodeCursor = flow(
  Schema.decodeUnknownEffect(Cursor),
  Effect.mapError(() => ApiError.invalidRequest("page: Input should be a next_page of this list"))
)

const onePage = Effect.fnUntraced(function*(files: ReadonlyArray<Files.File>, { query }: ApiRequest) {
  const limit = yield* decodeLimit(first(query.limit) ?? "20")
  const cursor = first(query.page) ?? ""
  const position = cursor === "" ? Infinity : yield* decodeCursor(cursor)
  const page = Page.page(files.filter((file) => file.position < position), {
    limit,
    afterId: Option.fromUndefinedOr(first(query.after_id)),
    beforeId: Option.fromUndefinedOr(first(query.before_id))
  })
  const found = yield* Effect.mapError(
    Effect.fromOption(page),
    () => ApiError.invalidRequest("after_id or before_id: no such file")
  )
  const last = found.data.at(-1)
  return { ...found, next_page: found.has_more && last !== undefined ? encodeCursor(last.position) : null }
})

const listFiles: Handler = Effect.fnUntraced(function*(request, settings) {
  const ids = yield* idsAsked(request)
  const files = request.query.scope_id === undefined ? settings.files.list() : []
  const page = yield* ids.size === 0
    ? onePage(files, request)
    : onePage(files.filter(({ id }) => ids.has(id)), { ...request, query: { limit: String(maxIds) } })
  return Answer.json(200, { ...page, data: page.data.map((file) => describe(file, request)) })
})

const fileNamed = ({ params }: ApiRequest, { files }: Settings): Effect.Effect<Files.File, ApiError.ApiError> =>
  Effect.mapError(
    Effect.fromOption(files.find(params.file_id)),
    () => ApiError.notFound(`File not found: ${params.file_id}`)
  )

const retrieveFile: Handler = (request, settings) =>
  Effect.map(fileNamed(request, settings), (file) => Answer.json(200, describe(file, request)))

const deleteFile: Handler = Effect.fnUntraced(function*(request, settings) {
  const { id } = yield* fileNamed(request, settings)
  settings.files.remove(id)
  return Answer.json(200, { id, type: "file_deleted" })
})

/** RFC 6266, with the name once more as RFC 8187 has it where it is more than ASCII. */
const attachment = (filename: string): string => {
  const plain = filename.replace(/[^ -~]|["\\]/gu, "_")
  if (plain === filename) return `attachment; filename="${filename}"`
  const encoded = encodeURIComponent(filename.toWellFormed()).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`
  )
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`
}

const downloadFile: Handler = Effect.fnUntraced(function*(request, settings) {
  const file = yield* fileNamed(request, settings)
  const now = yield* Clock.currentTimeMillis
  if (!file.downloadable || file.content === undefined) {
    return yield* new ApiError.ApiError({
      status: 400,
      code: "file_not_downloadable",
      detail: `File ${file.id} is not downloadable. Only files generated by a tool can be downloaded.`
    })
  }
  if (Files.isExpired(file, now)) {
    return yield* new ApiError.ApiError({
      status: 404,
      code: "file_expired",
      detail: `File ${file.id} has expired, and its content is no longer available.`
    })
  }
  return {
    status: 200,
    headers: { "content-type": file.mimeType, "content-disposition": attachment(file.filename) },
    body: Answer.Body.Whole({ bytes: file.content })
  }
})

export const endpoints: ReadonlyArray<Endpoint> = [
  endpoint("/v1/files", { GET: listFiles, POST: uploadFile }, { maxBytes, read: readForm }),
  endpoint("/v1/files/:file_id", { GET: retrieveFile, DELETE: deleteFile }),
  endpoint("/v1/files/:file_id/content", { GET: downloadFile })
]

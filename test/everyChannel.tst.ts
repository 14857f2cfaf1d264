/** Promise 1: the type tells the truth. The channels of a dozen methods, from no documented code to many. */
import type Anthropic from "@anthropic-ai/sdk"
import type { ParsedMessage } from "@anthropic-ai/sdk/lib/parser"
import type { RawMessageStreamEvent } from "@anthropic-ai/sdk/resources/messages/messages"
import { Effect, type Stream } from "effect"
import type { Claude, ClaudeError, Reason } from "effect-claude"
import { describe, expect, test } from "tstyche"
import type { StatusTags } from "./support/statusTags.ts"

type Methods = Claude.Methods

/** The error of what a method gives. */
type ErrorOf<M extends (...args: never) => unknown> = ReturnType<M> extends Effect.Effect<unknown, infer E> ? E
  : ReturnType<M> extends Stream.Stream<unknown, infer E> ? E
  : never

/** The tags of the documented reasons in a channel. */
type ReasonsIn<E> = E extends { readonly reason: infer R extends Reason.Reason } ? Exclude<R["_tag"], "Unspecified">
  : never

type CallTags =
  | StatusTags
  | "UnexpectedStatusError"
  | "APIConnectionError"
  | "APIConnectionTimeoutError"
  | "InvalidResponseError"
  | "RequestRejectedError"

type StreamTags = CallTags | "StreamInterruptedError" | "StreamStalledError"

/** What `messages.create` documents. That each method has exactly its own is a test of the generator's. */
type MessageReasons = ReasonsIn<Claude.Error<"messages.create">>

declare const claude: Methods
declare const hello: Claude.MessageCreateParams

describe("the channel of", () => {
  test("beta.agents.list: no documented code, every class", () => {
    type E = ErrorOf<Methods["beta"]["agents"]["list"]>
    expect<E["_tag"]>().type.toBe<CallTags>()
    expect<ReasonsIn<E>>().type.toBe<never>()
  })

  test("beta.sessions.events.stream: no documented code, and the failures of a stream", () => {
    type E = ErrorOf<Methods["beta"]["sessions"]["events"]["stream"]>
    expect<E["_tag"]>().type.toBe<StreamTags>()
    expect<ReasonsIn<E>>().type.toBe<never>()
  })

  test("organization.invites.delete: its codes and no others", () => {
    type E = ErrorOf<Methods["organization"]["invites"]["delete"]>
    expect<E["_tag"]>().type.toBe<CallTags>()
    expect<ReasonsIn<E>>().type.toBeAssignableFrom<"SandboxEgressRestrictedError">()
    expect<ReasonsIn<E>>().type.not.toBeAssignableFrom<"EnforcedSpendLimitReachedError">()
  })

  test("models.list and models.listPage: the same", () => {
    expect<ErrorOf<Methods["models"]["list"]>>().type.toBe<Claude.Error<"models.list">>()
    expect<ErrorOf<Methods["models"]["listPage"]>>().type.toBe<Claude.Error<"models.list">>()
  })

  test("messages.batches.results and files.download: their codes, and the failures of a stream", () => {
    type Rows = ErrorOf<Methods["messages"]["batches"]["results"]>
    expect<Rows["_tag"]>().type.toBe<StreamTags>()
    expect<ReasonsIn<Rows>>().type.toBeAssignableFrom<"CMEKKeyDisabledError">()
    type Bytes = ErrorOf<Methods["files"]["download"]>
    expect<Bytes["_tag"]>().type.toBe<StreamTags>()
    expect<ReasonsIn<Bytes>>().type.toBeAssignableFrom<"FileExpiredError" | "FileNotDownloadableError">()
  })

  test("messages.countTokens: codes of messages.create, not all", () => {
    type E = ErrorOf<Methods["messages"]["countTokens"]>
    expect<ReasonsIn<E>>().type.toBeAssignableTo<MessageReasons>()
    expect<ReasonsIn<E>>().type.not.toBeAssignableFrom<"ImageDimensionsTooLargeError">()
  })

  test("messages.create: every class, and its codes", () => {
    type E = ErrorOf<Methods["messages"]["create"]>
    expect<E["_tag"]>().type.toBe<CallTags>()
    expect<MessageReasons>().type.toBeAssignableFrom<"EnforcedSpendLimitReachedError" | "ThreadNotFoundError">()
    expect<MessageReasons>().type.not.toBeAssignableFrom<"FileExpiredError">()
  })

  test("messages.parse and messages.stream, and their beta twins: the codes of messages.create", () => {
    expect<Claude.Error<"messages.parse">>().type.toBe<Claude.Error<"messages.create">>()
    expect<Claude.Error<"beta.messages.parse">>().type.toBe<Claude.Error<"beta.messages.create">>()
    expect<ErrorOf<Methods["messages"]["stream"]>["_tag"]>().type.toBe<StreamTags>()
    expect<ReasonsIn<ErrorOf<Methods["messages"]["stream"]>>>().type.toBe<MessageReasons>()
    expect<ReasonsIn<ErrorOf<Methods["beta"]["messages"]["stream"]>>>().type.toBe<
      ReasonsIn<Claude.Error<"beta.messages.create">>
    >()
  })

  test("beta.webhooks.unwrap: its own", () => {
    type E = ErrorOf<Methods["beta"]["webhooks"]["unwrap"]>
    expect<E>().type.toBe<ClaudeError.WebhookVerificationError | ClaudeError.RequestRejectedError>()
  })
})

describe("a reason", () => {
  test("that the method documents can be caught", () => {
    expect(
      claude.messages.create(hello).pipe(
        Effect.catchReason("RateLimitError", "EnforcedSpendLimitReachedError", () => Effect.succeed(null))
      )
    ).type.toBeAssignableTo<Effect.Effect<Anthropic.Message | null, ClaudeError.ClaudeError>>()
  })

  test("that it does not document cannot", () => {
    void claude.messages.create(hello).pipe(
      // @ts-expect-error Argument of type '"FileExpiredError"' is not assignable to parameter of type '"ThreadNotFoundError"
      Effect.catchReason("NotFoundError", "FileExpiredError", () => Effect.succeed(null))
    )
  })

  test("tells its code", () => {
    expect<Reason.EnforcedSpendLimitReachedError["errorCode"]>().type.toBe<"enforced_spend_limit_reached">()
  })
})

describe("a signature", () => {
  test("takes no stream parameter", () => {
    expect<Parameters<Methods["messages"]["create"]>[0]>().type.not.toHaveProperty("stream")
    expect<Parameters<Methods["beta"]["messages"]["create"]>[0]>().type.not.toHaveProperty("stream")
  })

  test("keeps what the SDK infers from the parameters", () => {
    const parsed = claude.messages.parse({
      model: "claude-opus-5-5",
      max_tokens: 16,
      messages: [],
      output_config: {
        format: { type: "json_schema", schema: {}, parse: (text: string) => ({ length: text.length }) }
      }
    })
    expect(parsed).type.toBe<Effect.Effect<ParsedMessage<{ length: number }>, Claude.Error<"messages.parse">>>()
  })

  test("lets out what the SDK lets out", () => {
    expect(claude.models.list).type.toBeCallableWith()
    expect(claude.models.retrieve).type.toBeCallableWith("claude-opus-5-5")
    expect(claude.models.retrieve).type.toBeCallableWith("claude-opus-5-5", null, { timeout: "1 second" })
    expect(claude.models.retrieve).type.not.toBeCallableWith()
  })

  test("gives events, bytes, items and rows as streams", () => {
    expect(claude.messages.stream(hello)).type.toBe<
      Stream.Stream<RawMessageStreamEvent, Claude.Error<"messages.stream">>
    >()
    expect(claude.files.download("file_1")).type.toBe<Stream.Stream<Uint8Array, Claude.Error<"files.download">>>()
    expect(claude.models.list()).type.toBe<Stream.Stream<Anthropic.ModelInfo, Claude.Error<"models.list">>>()
    expect<Claude.BatchResult<Anthropic.Messages.MessageBatchIndividualResponse>["result"]>().type.toBe<
      | Anthropic.Messages.MessageBatchSucceededResult
      | Anthropic.Messages.MessageBatchCanceledResult
      | Anthropic.Messages.MessageBatchExpiredResult
      | { readonly type: "errored"; readonly error: ClaudeError.StatusErrors<"messages.create"> }
    >()
  })

  test("is not there for what the SDK keeps a loop or a state in", () => {
    expect<Methods["beta"]["messages"]>().type.not.toHaveProperty("toolRunner")
  })
})

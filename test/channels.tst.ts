import type Anthropic from "@anthropic-ai/sdk"
import type * as SDKErrors from "@anthropic-ai/sdk/core/error"
import { type Config, type Duration, Effect, type Layer, Schedule, type Stream } from "effect"
import { Claude, type ClaudeClient, type ClaudeError, MessageStream, type Reason, RetryPolicy } from "effect-claude"
import { describe, expect, test } from "tstyche"
import type { StatusTags } from "./support/statusTags.ts"

declare const claude: Claude.Methods

declare const params: Claude.MessageCreateParams

type Call<F> = F extends (...args: infer _) => infer R ? R : never

type ErrorOf<F> = Call<F> extends Effect.Effect<infer _, infer E, infer _R> ? E
  : Call<F> extends Stream.Stream<infer _, infer E, infer _R> ? E
  : never

type TagsOf<F> = ErrorOf<F> extends { readonly _tag: infer Tag } ? Tag : never

/** The reasons that a method's error of a tag can carry. */
type ReasonsOf<F, Tag extends string> = Extract<ErrorOf<F>, { readonly _tag: Tag }> extends {
  readonly reason: { readonly _tag: infer R }
} ? R
  : never

type CallTags =
  | StatusTags
  | "UnexpectedStatusError"
  | "APIConnectionError"
  | "APIConnectionTimeoutError"
  | "InvalidResponseError"
  | "RequestRejectedError"

type StreamTags = CallTags | "StreamInterruptedError" | "StreamStalledError"

describe("Promise 1: the type tells the truth", () => {
  test("a call fails with these tags and no others", () => {
    expect<TagsOf<Claude.Methods["messages"]["create"]>>().type.toBe<CallTags>()
    expect<TagsOf<Claude.Methods["messages"]["countTokens"]>>().type.toBe<CallTags>()
    expect<TagsOf<Claude.Methods["models"]["retrieve"]>>().type.toBe<CallTags>()
    expect<TagsOf<Claude.Methods["models"]["listPage"]>>().type.toBe<CallTags>()
    expect<TagsOf<Claude.Methods["models"]["list"]>>().type.toBe<CallTags>()
    expect<TagsOf<typeof Claude.validateModel>>().type.toBe<CallTags>()
  })

  test("a stream of events also with those of a stream", () => {
    expect<TagsOf<Claude.Methods["messages"]["stream"]>>().type.toBe<StreamTags>()
  })

  test("a status has the tag that its class has in the SDK", () => {
    expect<StatusTags>().type.toBeAssignableTo<keyof typeof SDKErrors>()
    expect<"APIConnectionError" | "APIConnectionTimeoutError">().type.toBeAssignableTo<keyof typeof SDKErrors>()
  })

  test("every failure of every method is a ClaudeError", () => {
    expect<ErrorOf<Claude.Methods["messages"]["stream"]>>().type.toBeAssignableTo<ClaudeError.ClaudeError>()
    expect<ErrorOf<Claude.Methods["models"]["retrieve"]>>().type.toBeAssignableTo<ClaudeError.ClaudeError>()
  })

  test("a method's reasons are those that the SDK documents for it", () => {
    type Create = ReasonsOf<Claude.Methods["messages"]["create"], "RateLimitError">
    expect<Create>().type.toBeAssignableFrom<
      "ContractSpendLimitReachedError" | "RampLimitExceededError" | "Unspecified"
    >()
    type CountTokens = ReasonsOf<Claude.Methods["messages"]["countTokens"], "RateLimitError">
    expect<CountTokens>().type.toBeAssignableFrom<"EnforcedSpendLimitReachedError" | "Unspecified">()
    expect<CountTokens>().type.not.toBeAssignableFrom<"RampLimitExceededError">()
    expect<ReasonsOf<Claude.Methods["models"]["retrieve"], "RateLimitError">>().type.toBe<"Unspecified">()
    type Retrieve = ReasonsOf<Claude.Methods["models"]["retrieve"], "BadRequestError">
    expect<Retrieve>().type.toBeAssignableFrom<"OrganizationOnHoldError" | "Unspecified">()
    expect<Retrieve>().type.not.toBeAssignableFrom<"ImageDimensionsTooLargeError">()
  })

  test("a stream has the reasons of the call", () => {
    expect<ReasonsOf<Claude.Methods["messages"]["stream"], "BadRequestError">>().type.toBe<
      ReasonsOf<Claude.Methods["messages"]["create"], "BadRequestError">
    >()
  })

  test("a reason of files is none of messages.create", () => {
    type Reasons = ReasonsOf<Claude.Methods["messages"]["create"], StatusTags>
    expect<"FileExpiredError">().type.toBeAssignableTo<Reason.Reason["_tag"]>()
    expect<"FileExpiredError">().type.not.toBeAssignableTo<Reasons>()
  })

  test("a reason that is caught has the SDK's details", () => {
    const call = claude.messages.create(params).pipe(
      Effect.catchReason("BadRequestError", "ImageDimensionsTooLargeError", (reason) => {
        expect(reason.errorCode).type.toBe<"image_dimensions_too_large">()
        expect(reason.details).type.toBe<Anthropic.ImageDimensionsTooLargeErrorDetails>()
        return Effect.succeed("smaller, please")
      })
    )
    expect(call).type.toBeAssignableTo<
      Effect.Effect<Anthropic.Message | "smaller, please" | string, ErrorOf<Claude.Methods["messages"]["create"]>>
    >()
  })
})

describe("handling", () => {
  test("catchTag takes the tags of the channel", () => {
    const call = claude.models.retrieve("claude-opus-5-5").pipe(
      Effect.catchTag("NotFoundError", (error) => {
        expect(error.status).type.toBe<number>()
        expect(error.retryAfter).type.toBe<Duration.Duration | undefined>()
        return Effect.succeed("none" as const)
      })
    )
    expect(call).type.toBe<
      Effect.Effect<
        Anthropic.ModelInfo | "none",
        Exclude<ErrorOf<Claude.Methods["models"]["retrieve"]>, { readonly _tag: "NotFoundError" }>
      >
    >()
  })

  test("catchTag takes no tag that cannot be", () => {
    const call = claude.models.retrieve("claude-opus-5-5")
    expect(Effect.catchTag).type.toBeCallableWith(call, "NotFoundError", () => Effect.void)
    expect(Effect.catchTag).type.not.toBeCallableWith(call, "FileExpiredError", () => Effect.void)
    expect(Effect.catchTag).type.not.toBeCallableWith(call, "StreamInterruptedError", () => Effect.void)
  })

  test("catchReason takes a reason of the method", () => {
    const create = claude.messages.create(params)
    const retrieve = claude.models.retrieve("claude-opus-5-5")
    const handler = () => Effect.void
    expect(Effect.catchReason).type.toBeCallableWith(
      create,
      "RateLimitError",
      "EnforcedSpendLimitReachedError",
      handler
    )
    expect(Effect.catchReason).type.not.toBeCallableWith(
      retrieve,
      "RateLimitError",
      "EnforcedSpendLimitReachedError",
      handler
    )
  })
})

describe("parameters", () => {
  test("create takes no wish for a stream", () => {
    expect(claude.messages.create).type.toBeCallableWith({ model: "m", max_tokens: 1, messages: [] })
    expect(claude.messages.create).type.not.toBeCallableWith({ model: "m", max_tokens: 1, messages: [], stream: true })
  })

  test("stream needs none", () => {
    expect(claude.messages.stream).type.toBeCallableWith({ model: "m", max_tokens: 1, messages: [] })
  })

  test("a call takes no signal and no retries of the SDK's: the fiber and the policy are those", () => {
    expect(claude.messages.create).type.not.toBeCallableWith(params, { signal: new AbortController().signal })
    expect(claude.messages.create).type.not.toBeCallableWith(params, { maxRetries: 2 })
  })
})

describe("requirements", () => {
  test("a method needs nothing", () => {
    expect<Effect.Services<Call<Claude.Methods["messages"]["create"]>>>().type.toBe<never>()
    expect<Stream.Services<Call<Claude.Methods["messages"]["stream"]>>>().type.toBe<never>()
  })

  test("validateModel needs the service", () => {
    expect(Claude.validateModel("claude-opus-5-5")).type.toBe<
      Effect.Effect<Anthropic.ModelInfo, ErrorOf<Claude.Methods["models"]["retrieve"]>, Claude.Claude>
    >()
  })

  test("layerConfig and layer fail with a ConfigError and need nothing", () => {
    type Live = Layer.Layer<Claude.Claude | ClaudeClient.ClaudeClient, Config.ConfigError, never>
    expect(Claude.layerConfig()).type.toBe<Live>()
    expect(Claude.layer({})).type.toBe<Live>()
  })

  test("layerClient needs a client and cannot fail", () => {
    expect(Claude.layerClient).type.toBe<Layer.Layer<Claude.Claude, never, ClaudeClient.ClaudeClient>>()
  })

  test("layerSdk takes a client of the SDK's and cannot fail", () => {
    expect<ReturnType<typeof ClaudeClient.layerSdk>>().type.toBe<Layer.Layer<ClaudeClient.ClaudeClient>>()
  })
})

describe("Promise 2: one retry loop, and you own it", () => {
  type Policy = Schedule.Schedule<Duration.Duration, unknown>

  test("a policy is a Schedule of delays that takes any error", () => {
    expect<RetryPolicy.RetryPolicy>().type.toBeAssignableTo<Policy>()
    expect<Policy>().type.toBeAssignableTo<RetryPolicy.RetryPolicy>()
    expect(RetryPolicy.standard).type.toBe<RetryPolicy.RetryPolicy>()
    expect(RetryPolicy.sdk).type.toBe<RetryPolicy.RetryPolicy>()
    expect(RetryPolicy.none).type.toBe<RetryPolicy.RetryPolicy>()
    expect(RetryPolicy.exponential({ base: "1 second" })).type.toBe<RetryPolicy.RetryPolicy>()
  })

  test("its combinators keep it one", () => {
    const policy = RetryPolicy.exponential({ base: "500 millis", cap: "8 seconds" }).pipe(
      RetryPolicy.jitterFull,
      RetryPolicy.respectRetryAfter({ cap: "60 seconds" }),
      RetryPolicy.whileRetryable,
      Schedule.upTo({ times: 5, duration: "2 minutes" })
    )
    expect(policy).type.toBe<Policy>()
  })

  test("it fits an effect with other errors", () => {
    const effect: Effect.Effect<number, ErrorOf<Claude.Methods["messages"]["create"]> | "mine"> = Effect.succeed(1)
    expect(Effect.retry(effect, RetryPolicy.standard)).type.toBe<typeof effect>()
    expect(Effect.retry(Effect.fail("mine" as const), RetryPolicy.sdk)).type.toBe<Effect.Effect<never, "mine">>()
  })

  test("what takes a policy takes any schedule over our errors", () => {
    expect(claude.messages.create).type.toBeCallableWith(params, { retry: Schedule.recurs(3) })
    expect(claude.messages.create).type.toBeCallableWith(params, { retry: RetryPolicy.standard })
    expect(Claude.layerConfig).type.toBeCallableWith({ retry: Schedule.spaced("1 second") })
  })

  test("and no schedule over other errors", () => {
    const others = Schedule.identity<"mine">()
    expect(claude.messages.create).type.not.toBeCallableWith(params, { retry: others })
    expect(Claude.layerConfig).type.not.toBeCallableWith({ retry: others })
  })

  test("withRetry leaves the effect what it was", () => {
    const call = claude.messages.create(params)
    expect(Claude.withRetry(call, RetryPolicy.none)).type.toBe<typeof call>()
    expect(call.pipe(Claude.withRetry(RetryPolicy.none))).type.toBe<typeof call>()
  })
})

describe("MessageStream", () => {
  type Failure = ErrorOf<Claude.Methods["messages"]["stream"]>

  test("text is a stream of strings with the stream's failures", () => {
    expect(MessageStream.text(claude.messages.stream(params))).type.toBe<Stream.Stream<string, Failure>>()
  })

  test("message is the message, with the stream's failures", () => {
    expect(MessageStream.runMessage(claude.messages.stream(params))).type.toBe<
      Effect.Effect<Anthropic.Message, Failure>
    >()
  })
})

describe("a declaration that is made of an error", () => {
  test("can name the rate limits, here and in JSON", () => {
    expect<ClaudeError.RateLimitError["rateLimits"]>().type.toBe<ClaudeError.RateLimits | undefined>()
    expect<(typeof ClaudeError.RateLimitError)["Encoded"]["rateLimits"]>().type.toBe<
      ClaudeError.RateLimitsEncoded | undefined
    >()
  })
})

/** What is wrong with a setting, in one line each. No line shows a value that may be a secret. */
import type { ClientOptions } from "@anthropic-ai/sdk"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { isHeaderName, isHeaderValue } from "../road/headers.ts"

export type Problems = ReadonlyArray<string>

const none: Problems = []

/** A token in its usable form, or `undefined` where it is blank or has characters that a header cannot carry. */
export const usableToken = (token: unknown): string | undefined => {
  const value = Redacted.isRedacted(token) ? Redacted.value(token) : undefined
  const text = typeof value === "string" ? value.trim() : ""
  return /^[\x21-\x7e]+$/.test(text) ? text : undefined
}

const where = "Set it to an API key from the Claude Console."

export const missingKey = (name: string): string => `${name} is missing. ${where}`

/** A key or token given as a value. Its text could not stand in a header, and the error of `Headers` would show it. */
export const tokenProblems = (token: unknown, name: string): Problems => {
  if (!Redacted.isRedacted(token)) {
    return [`${name}: expected a Redacted, got ${kindOf(token)}. Wrap it with Redacted.make.`]
  }
  if (usableToken(token) !== undefined) return none
  return String(Redacted.value(token)).trim() === ""
    ? [`${name} is blank. ${where}`]
    : [`${name} contains spaces, line breaks or other characters that no key has. Copy it again.`]
}

/** An API key may also be an effect, which is asked later. */
export const apiKeyProblems = (key: unknown, name: string): Problems =>
  Effect.isEffect(key) ? none : tokenProblems(key, name)

const example = "Use the form https://api.anthropic.com."

export const urlProblems = (input: string | URL | undefined, name: string): Problems => {
  if (input === undefined) return none
  const parsed = URL.parse(String(input).trim())
  if (parsed === null) return [`${name}: expected a URL, got text that is not one. ${example}`]
  if (!/^https?:$/.test(parsed.protocol)) {
    return [`${name}: expected an http or https URL, got the scheme ${JSON.stringify(parsed.protocol)}. ${example}`]
  }
  if (parsed.username !== "" || parsed.password !== "") {
    return [`${name} contains a user name or a password. Pass credentials as a header.`]
  }
  return parsed.search === "" && parsed.hash === ""
    ? none
    : [`${name} contains a query or a fragment. ${example}`]
}

/** The address that the SDK's paths are appended to. They begin with `/v1`, which many people write at the end of it. */
export const baseURLOf = (input: string | URL | undefined): string | undefined =>
  input === undefined ? undefined : new URL(String(input).trim()).href.replace(/\/+$/, "").replace(/\/+v1$/, "")

/** Origins, and nothing more of a URL: a path would look like a limit that it is not. */
export const originsProblems = (origins: ReadonlyArray<string | URL> = [], name: string): Problems =>
  origins.flatMap((origin, index) => {
    const parsed = URL.parse(String(origin).trim())
    return parsed !== null && /^https?:$/.test(parsed.protocol) && parsed.href === `${parsed.origin}/`
      ? []
      : [`${name}[${index}]: expected an http or https origin. Use the form https://results.example.com.`]
  })

export const durationProblems = (input: Duration.Input | undefined, name: string): Problems => {
  if (input === undefined) return none
  const parsed = Option.getOrUndefined(Duration.fromInput(input))
  return parsed !== undefined && Duration.isGreaterThan(parsed, Duration.zero)
    ? none
    : [`${name}: expected a duration above zero such as "90 seconds", got ${JSON.stringify(String(input))}.`]
}

export const bytesProblems = (input: number | undefined, name: string): Problems =>
  input === undefined || input > 0
    ? none
    : [`${name}: expected a number of bytes above zero such as 67108864, got ${JSON.stringify(String(input))}.`]

export const oneOfProblems = (input: string | undefined, allowed: ReadonlyArray<string>, name: string): Problems =>
  input === undefined || allowed.includes(input)
    ? none
    : [`${name}: expected one of ${allowed.join(", ")}, got ${JSON.stringify(input)}.`]

export const profileProblems = (profile: string, name: string): Problems =>
  /^[A-Za-z0-9_.-]+$/.test(profile) && !/^\.\.?$/.test(profile)
    ? none
    : [`${name} is not the name of a profile. Use letters, digits, ".", "_" and "-".`]

export type Headers = Readonly<Record<string, string | Redacted.Redacted>>

export const headersProblems = (headers: Headers | undefined, source: string): Problems =>
  Object.entries(headers ?? {}).flatMap(([name, value]) => headerProblems(name, value, source))

/** An invalid name may be a secret in the wrong place, and is not shown. */
const headerProblems = (name: string, value: string | Redacted.Redacted, source: string): Problems => {
  if (!isHeaderName(name)) {
    return [`${source}: invalid header name (RFC 9110, section 5.1). Use the form x-my-header.`]
  }
  return isHeaderValue(Redacted.isRedacted(value) ? Redacted.value(value) : value)
    ? none
    : [
      `${source}: the value of ${JSON.stringify(name)} contains line breaks or other characters that no header can ` +
      "have (RFC 9110, section 5.5). Remove them."
    ]
}

/** Without an identity token of ours, the SDK would take one from the variables of the process. */
export const workloadIdentityProblems = (
  { authentication }: NonNullable<ClientOptions["config"]>,
  identityToken: Redacted.Redacted | undefined
): Problems =>
  authentication.type === "oidc_federation" && authentication.identity_token === undefined &&
    identityToken === undefined
    ? [
      "workloadIdentity has no identity token. Name its file: in authentication.identity_token, or in " +
      "ANTHROPIC_IDENTITY_TOKEN_FILE with layerConfig."
    ]
    : none

const kindOf = (value: unknown): string =>
  value === null ? "null" : Array.isArray(value) ? "an array" : `a ${typeof value}`

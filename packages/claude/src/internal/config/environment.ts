/** The variables that the SDK reads, through the `ConfigProvider` in force. */
import type { ClientOptions } from "@anthropic-ai/sdk"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { readConfig, type Report } from "./reading.ts"

/** The variable of each setting that has one. */
export const variables = {
  apiKey: "ANTHROPIC_API_KEY",
  authToken: "ANTHROPIC_AUTH_TOKEN",
  profile: "ANTHROPIC_PROFILE",
  baseURL: "ANTHROPIC_BASE_URL",
  timeout: "ANTHROPIC_TIMEOUT",
  logLevel: "ANTHROPIC_LOG",
  headers: "ANTHROPIC_CUSTOM_HEADERS",
  webhookKey: "ANTHROPIC_WEBHOOK_SIGNING_KEY"
} as const

const optional = <A>(self: Config.Config<A>): Config.Config<A | undefined> =>
  Config.map(Config.option(self), Option.getOrUndefined)

/** An empty variable is one that a shell or a manifest left blank: it counts as unset, except for the key. */
const text = (name: string): Config.Config<string | undefined> =>
  Config.map(optional(Config.String(name)), (value) => value?.trim() || undefined)

const secret = (name: string): Config.Config<Redacted.Redacted | undefined> => optional(Config.Redacted(name))

const unlessBlank = (value: Redacted.Redacted | undefined): Redacted.Redacted | undefined =>
  value !== undefined && Redacted.value(value).trim() === "" ? undefined : value

const federation = {
  federationRule: text("ANTHROPIC_FEDERATION_RULE_ID"),
  organization: text("ANTHROPIC_ORGANIZATION_ID"),
  identityTokenFile: text("ANTHROPIC_IDENTITY_TOKEN_FILE"),
  serviceAccount: text("ANTHROPIC_SERVICE_ACCOUNT_ID"),
  workspace: text("ANTHROPIC_WORKSPACE_ID"),
  scope: text("ANTHROPIC_SCOPE")
}

/** What is set. Problems go to the report under the names of the settings. */
export const readEnvironment = Effect.fnUntraced(function*(report: Report) {
  const found = yield* Effect.all({
    apiKey: readConfig(secret(variables.apiKey), "apiKey", report),
    authToken: readConfig(secret(variables.authToken), "authToken", report),
    profile: readConfig(text(variables.profile), "profile", report),
    baseURL: readConfig(text(variables.baseURL), "baseURL", report),
    timeout: readConfig(text(variables.timeout), "timeout", report),
    logLevel: readConfig(text(variables.logLevel), "logLevel", report),
    headers: readConfig(secret(variables.headers), "headers", report),
    webhookKey: readConfig(secret(variables.webhookKey), "webhookKey", report),
    identityToken: readConfig(secret("ANTHROPIC_IDENTITY_TOKEN"), "workloadIdentity", report),
    federation: readConfig(Config.all(federation), "workloadIdentity", report)
  })
  const authToken = unlessBlank(found.authToken)
  const workloadIdentity = found.federation && workloadIdentityOf(found.federation)
  const isElsewhere = authToken !== undefined || found.profile !== undefined || workloadIdentity !== undefined
  return {
    // A blank key is a mistake, unless another credential takes its place.
    apiKey: isElsewhere ? unlessBlank(found.apiKey) : found.apiKey,
    authToken,
    profile: found.profile,
    workloadIdentity,
    identityToken: unlessBlank(found.identityToken),
    baseURL: found.baseURL,
    timeout: found.timeout,
    logLevel: found.logLevel,
    headers: found.headers === undefined ? {} : headerLines(Redacted.value(found.headers)),
    webhookKey: unlessBlank(found.webhookKey)
  }
})

const workloadIdentityOf = (
  found: Config.Success<ReturnType<typeof Config.all<typeof federation>>>
): NonNullable<ClientOptions["config"]> | undefined =>
  found.federationRule === undefined || found.organization === undefined ? undefined : {
    organization_id: found.organization,
    workspace_id: found.workspace,
    authentication: {
      type: "oidc_federation",
      federation_rule_id: found.federationRule,
      service_account_id: found.serviceAccount,
      identity_token: found.identityTokenFile === undefined
        ? undefined
        : { source: "file", path: found.identityTokenFile },
      scope: found.scope
    }
  }

const headerLines = (lines: string): Record<string, Redacted.Redacted> =>
  Object.fromEntries(
    lines.split("\n").flatMap((line) => {
      const colon = line.indexOf(":")
      return colon < 1 ? [] : [[line.slice(0, colon).trim(), Redacted.make(line.slice(colon + 1).trim())]]
    })
  )

/** Workload identity federation with an identity token that is no file. */
import type { ClientOptions } from "@anthropic-ai/sdk"
import { oidcFederationProvider } from "@anthropic-ai/sdk/lib/credentials/oidc-federation"
import * as Redacted from "effect/Redacted"
import type { AccessTokenProvider, Fetch } from "./accessTokens.ts"

/** The SDK's provider. Through the SDK's own settings, the token would have to be in a variable of the process. */
export const federationProvider = (
  { authentication, base_url, organization_id = "", workspace_id }: NonNullable<ClientOptions["config"]>,
  identityToken: Redacted.Redacted,
  baseURL: string | undefined,
  fetch: Fetch
): AccessTokenProvider =>
  oidcFederationProvider({
    identityTokenProvider: () => Redacted.value(identityToken),
    federationRuleId: authentication.type === "oidc_federation" ? authentication.federation_rule_id : "",
    organizationId: organization_id,
    serviceAccountId: authentication.type === "oidc_federation" ? authentication.service_account_id : undefined,
    workspaceId: workspace_id,
    baseURL: base_url ?? baseURL ?? "https://api.anthropic.com",
    fetch
  })

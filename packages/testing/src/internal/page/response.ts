/** The page as an answer. It may run its own script and ask its own server, and be in no frame. */
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import { createHash } from "node:crypto"
import { html } from "./html.ts"
import { script } from "./script.ts"
import { style } from "./style.ts"

const hash = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`

const policy = [
  "default-src 'none'",
  `script-src ${hash(script)}`,
  `style-src ${hash(style)}`,
  "connect-src 'self'",
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'"
].join("; ")

export const response: HttpServerResponse.HttpServerResponse = HttpServerResponse.text(html, {
  contentType: "text/html; charset=utf-8",
  headers: { "content-security-policy": policy, "referrer-policy": "no-referrer", "x-frame-options": "DENY" }
})

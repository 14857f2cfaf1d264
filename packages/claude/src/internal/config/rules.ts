/** What a setting has to be like. */
import * as Redacted from "effect/Redacted"

/** A token in its usable form, or `undefined` where it is blank or has characters that a header cannot carry. */
export const usableToken = (token: unknown): string | undefined => {
  const value = Redacted.isRedacted(token) ? Redacted.value(token) : undefined
  const text = typeof value === "string" ? value.trim() : ""
  return /^[\x21-\x7e]+$/.test(text) ? text : undefined
}

/** What a `fetch` gave, as far as it is used: of any class, and from any package. */

/** Node's and undici's headers are; a `fetch` written by hand may have fewer methods. */
const isComplete = (headers: unknown): headers is Headers =>
  ["get", "has", "entries", "forEach", Symbol.iterator].every((name) =>
    typeof Reflect.get(Object(headers), name) === "function"
  )

/** The response with whole headers. Throws where there is no response, which then is no answer. */
export const usableResponse = (response: unknown): Response => {
  if (typeof response !== "object" || response === null || !Number.isInteger(Reflect.get(response, "status"))) {
    throw new TypeError("the `fetch` in use gave no response with a status")
  }
  const headers: unknown = Reflect.get(response, "headers")
  if (!isComplete(headers)) {
    const entries: unknown = Reflect.get(Object(headers), "entries")
    if (typeof entries !== "function") throw new TypeError("the `fetch` in use gave a response without headers")
    const value = new Headers([...Reflect.apply(entries, headers, [])])
    Object.defineProperty(response, "headers", { value, configurable: true })
  }
  // What is used of it beside these is looked at where it is read.
  return response as Response
}

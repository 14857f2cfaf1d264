import { apiKey, type Client, params } from "./params.ts"

/** As little as one can do: no comments, no CRLF, no multi-line data. */
export const run: Client = async (baseURL, onEvent) => {
  const response = await fetch(`${baseURL}/v1/messages`, {
    method: "POST",
    headers: { "x-api-key": apiKey, "content-type": "application/json" },
    body: JSON.stringify({ ...params, stream: true })
  })
  if (response.body === null) throw new Error("no body")
  const reader = response.body.getReader()
  const decoder = new TextDecoder()
  let pending = ""
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    const parts = (pending + decoder.decode(read.value, { stream: true })).split("\n\n")
    pending = parts.pop() ?? ""
    for (const part of parts) {
      JSON.parse(part.slice(part.indexOf("\ndata: ") + 7))
      onEvent()
    }
  }
}

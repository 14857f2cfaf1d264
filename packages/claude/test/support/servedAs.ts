import { Usage } from "../../src/index.ts"

/** What a request has used, as the API says that it served it. */
export const servedAs = (model: string, usage: object): Usage.Usage =>
  Usage.of({ model, stop_reason: "end_turn", usage })

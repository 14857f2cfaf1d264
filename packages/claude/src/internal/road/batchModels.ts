/**
 * The models of the batches that this process has made, for the errors of their rows: the API's rows do not name them.
 * Kept for the last batches only, and not for one whose requests are of many models.
 */

const maxBatches = 100
const maxOthers = 1_000

interface Models {
  /** That of the first request. */
  readonly usual: string
  /** The others, by the id of their requests. */
  readonly others: ReadonlyMap<string, string>
}

/** By the id of the batch, the oldest first. */
const batches = new Map<string, Models>()

interface Request {
  readonly custom_id: string
  readonly params: { readonly model: string }
}

export const rememberModels = (batchId: string, requests: ReadonlyArray<Request>): void => {
  const usual = requests[0]?.params.model
  const others = requests.filter(({ params }) => params.model !== usual)
  if (usual === undefined || others.length > maxOthers) return
  batches.set(batchId, { usual, others: new Map(others.map(({ custom_id, params }) => [custom_id, params.model])) })
  const [oldest] = batches.keys()
  if (batches.size > maxBatches && oldest !== undefined) batches.delete(oldest)
}

export const modelOfRow = (batchId: unknown, customId: string): string | undefined => {
  const models = batches.get(String(batchId))
  return models?.others.get(customId) ?? models?.usual
}

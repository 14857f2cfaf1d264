/** The files that the simulated API holds: what is known of each, and the content of those that can be downloaded. */
import * as DateTime from "effect/DateTime"
import * as Mime from "effect/http/Mime"
import * as Option from "effect/Option"

/**
 * A file that the simulator has from the start, such as one that a tool made.
 *
 * @category models
 * @since 0.1.0
 */
export interface GivenFile {
  readonly filename: string
  readonly content: string | Uint8Array
  /** Default: what the filename says, or `application/octet-stream`. */
  readonly mime_type?: string | undefined
  /** Default: true. */
  readonly downloadable?: boolean | undefined
  /** Default: one made from its place in the list. */
  readonly id?: string | undefined
  /** Default: never. */
  readonly expires_at?: DateTime.DateTime.Input | undefined
}

export interface File {
  readonly id: string
  /** Rises from each file to the next newer one. */
  readonly position: number
  readonly filename: string
  readonly mimeType: string
  readonly size: number
  readonly createdAt: number
  /** Infinity where it does not expire. */
  readonly expiresAt: number
  readonly downloadable: boolean
  /** Nothing of an upload is kept: the API does not give uploads back. */
  readonly content: Uint8Array<ArrayBuffer> | undefined
}

/** A file that comes in. */
export interface Arrival extends Omit<File, "position" | "filename" | "content" | "downloadable"> {
  readonly filename: string | undefined
}

export interface Store {
  /** Newest first. */
  readonly list: () => ReadonlyArray<File>
  readonly find: (id: string | undefined) => Option.Option<File>
  /** Whether there is a file whose content can be used: one that has not expired. */
  readonly has: (id: string, now: number) => boolean
  /** Nothing where the storage would not hold it. */
  readonly add: (arrival: Arrival) => Option.Option<File>
  readonly remove: (id: string) => void
  /** Back to the files that were there at first. */
  readonly reset: () => void
}

const isoOf = (time: number): string => DateTime.formatIso(DateTime.makeUnsafe(time))

/** The SDK's `FileMetadata`. */
export const metadata = (file: File) => ({
  id: file.id,
  type: "file" as const,
  filename: file.filename,
  mime_type: file.mimeType,
  size_bytes: file.size,
  created_at: isoOf(file.createdAt),
  downloadable: file.downloadable,
  expires_at: file.expiresAt === Infinity ? null : isoOf(file.expiresAt)
})

export const isExpired = ({ expiresAt }: File, now: number): boolean => now >= expiresAt

/** The last component of a path, of either kind, or a name made from the type. */
const nameOf = (path: string | undefined, mimeType: string): string => {
  const name = path?.split(/[/\\]/).at(-1) ?? ""
  if (name !== "") return name
  return Option.match(Mime.getExtension(mimeType), {
    onNone: () => "unnamed",
    onSome: (extension) => `unnamed.${extension}`
  })
}

const encoder = new TextEncoder()

const given = (file: GivenFile, index: number, now: number): Omit<File, "position"> => {
  const content = typeof file.content === "string" ? encoder.encode(file.content) : Uint8Array.from(file.content)
  return {
    id: file.id ?? `file_011Given${String(index + 1).padStart(11, "0")}`,
    filename: file.filename,
    mimeType: file.mime_type ?? Option.getOrElse(Mime.getType(file.filename), () => "application/octet-stream"),
    size: content.length,
    createdAt: now,
    expiresAt: file.expires_at === undefined ? Infinity : DateTime.toEpochMillis(DateTime.makeUnsafe(file.expires_at)),
    downloadable: file.downloadable ?? true,
    content
  }
}

export const make = (
  initial: ReadonlyArray<GivenFile>,
  options: { readonly now: number; readonly storageBytes: number | undefined }
): Store => {
  const capacity = options.storageBytes ?? Infinity
  const files = new Map<string, File>()
  let positions = 0

  const keep = (file: Omit<File, "position">): File => {
    const kept = { ...file, position: ++positions }
    files.set(kept.id, kept)
    return kept
  }

  // What has expired takes no space.
  const used = (now: number): number => {
    let bytes = 0
    for (const file of files.values()) if (!isExpired(file, now)) bytes += file.size
    return bytes
  }

  const reset = () => {
    files.clear()
    initial.map((file, index) => given(file, index, options.now)).toReversed().forEach(keep)
  }
  reset()

  return {
    list: () => [...files.values()].toReversed(),
    find: (id) => Option.fromUndefinedOr(id === undefined ? undefined : files.get(id)),
    has: (id, now) => {
      const file = files.get(id)
      return file !== undefined && !isExpired(file, now)
    },
    add: (arrival) =>
      used(arrival.createdAt) + arrival.size > capacity ? Option.none() : Option.some(keep({
        ...arrival,
        filename: nameOf(arrival.filename, arrival.mimeType),
        downloadable: false,
        content: undefined
      })),
    remove: (id) => void files.delete(id),
    reset
  }
}

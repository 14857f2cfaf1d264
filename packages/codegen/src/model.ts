/**
 * What the reader finds in an installed `@anthropic-ai/sdk`: plain data, the same for the same SDK, and free of prose.
 *
 * What is absent is `null`, never a missing key, so that a model survives JSON and compares key by key.
 */

/** The whole of it. */
export interface SdkModel {
  readonly version: string
  readonly resources: ReadonlyArray<Resource>
  readonly methods: ReadonlyArray<Method>
  readonly errorCodes: ReadonlyArray<ErrorCode>
  readonly errorClasses: ReadonlyArray<ErrorClass>
  readonly errorTypes: ReadonlyArray<ErrorType>
  /** The models that the SDK warns of on the console. */
  readonly warnedModels: ReadonlyArray<string>
  /** The fields of bodies that hold a secret. */
  readonly secretFields: ReadonlyArray<string>
  readonly requestBodies: RequestBodies
  readonly knownModels: KnownModels
  readonly entryPoints: ReadonlyArray<EntryPoint>
}

/** A name that another file must import. `module` is `null` where the package exports it nowhere. */
export interface TypeReference {
  /** Dotted where the name lives in an exported namespace: `Anthropic.RequestOptions`. */
  readonly name: string
  readonly module: string | null
}

/** A type as it is printed: text to copy as it stands, and references to print by whatever name they are imported as. */
export type TypeText = ReadonlyArray<string | TypeReference>

/** A class of methods, and where it hangs: `{ path: "messages.batches", class: Batches }`. */
export interface Resource {
  readonly path: string
  readonly class: TypeReference
}

/**
 * What a call gives:
 * `json` a parsed body · `page` a page of a list · `stream` server-sent events · `jsonl` rows of a file ·
 * `binary` a raw `Response` · `void` nothing · `helper` an object with a loop or a state of its own ·
 * `sync` a plain value, without a request.
 *
 * `either` is an overload that gives `json` or `stream` as its params say; no method as a whole has it.
 */
export type Shape = "json" | "page" | "stream" | "jsonl" | "binary" | "void" | "helper" | "sync" | "either"

export type Verb = "GET" | "POST" | "PUT" | "PATCH" | "DELETE"

export interface Method {
  /** From the client on: `beta.messages.batches.create`. */
  readonly path: string
  /** Where it is mounted: the `path` of a `Resource`. */
  readonly resource: string
  /** The class that declares it, which is an ancestor of the resource's where it is inherited. */
  readonly class: TypeReference
  /** Relative to the package's root. */
  readonly file: string
  readonly shape: Exclude<Shape, "either">
  readonly signatures: ReadonlyArray<Signature>
  /** `null` where the method makes no request of its own. */
  readonly request: HttpRequest | null
  /** The methods that do its work, in the order met: a helper or a `parse` fails as these do. */
  readonly delegates: ReadonlyArray<string>
  /** The code classes that its `@throws` tags name. */
  readonly throws: ReadonlyArray<string>
  /** `throws`, and those of `delegates`: the code classes that the method is documented to end with. */
  readonly errors: ReadonlyArray<string>
  /** Of `json` overloads; `null` without one. */
  readonly response: ResponseBody | null
  /** Why it is no plain call; `null` where it is one. */
  readonly helper: Helper | null
  /** The names of what its params may hold, sorted. */
  readonly params: ReadonlyArray<string>
  /** Its params have a `model` that may be a string. */
  readonly model: boolean
  /** It sends a multipart form. */
  readonly upload: boolean
  /** Every overload is deprecated. */
  readonly deprecated: boolean
}

export interface HttpRequest {
  readonly verb: Verb
  /** With the names of the API's own reference: `/v1/models/{model_id}`. A beta method often shares its GA twin's. */
  readonly route: string
}

/** How a parsed body says what it is. */
export interface ResponseBody {
  /** Each value that a required `type` of string literals can have; `null` where a body need not have one. */
  readonly types: ReadonlyArray<string> | null
  /** The body may be `null`. */
  readonly nullable: boolean
  /** The fields that every body has, each of one kind of JSON. */
  readonly fields: Readonly<Record<string, FieldKind>>
}

/** A kind of JSON value. */
export type FieldKind = "string" | "number" | "boolean" | "array" | "object"

export interface KnownModels {
  /** Newest first, as the SDK lists them; dated ids beside undated ones. */
  readonly ids: ReadonlyArray<string>
  /** The day that a deprecated model is to come off the API: `2026-11-30`. */
  readonly retirements: Readonly<Record<string, string>>
}

/** What the bodies of the message routes may hold. */
export interface RequestBodies {
  /** By method: `messages.create`. */
  readonly bodies: Readonly<Record<string, BodyType>>
  /** The interfaces that the bodies name. */
  readonly objects: Readonly<Record<string, BodyObject>>
}

/** A type of JSON, as far as the SDK says. */
export type BodyType =
  | { readonly kind: "string" | "number" | "boolean" | "null" | "any"; readonly value?: undefined }
  | { readonly kind: "literal"; readonly value: string | number | boolean }
  | { readonly kind: "array" | "record"; readonly of: BodyType; readonly value?: undefined }
  | { readonly kind: "union"; readonly of: ReadonlyArray<BodyType>; readonly value?: undefined }
  | { readonly kind: "object"; readonly name: string; readonly value?: undefined }

export interface BodyObject {
  readonly fields: Readonly<Record<string, { readonly required: boolean; readonly type: BodyType }>>
  /** It may hold other fields too. */
  readonly open: boolean
}

export interface Helper {
  /** `object`: gives an instance of `class` · `value`: gives plain data · `parser`: changes what a delegate gave. */
  readonly kind: "object" | "value" | "parser"
  readonly class: TypeReference | null
}

export interface Signature {
  readonly typeParameters: ReadonlyArray<TypeParameter>
  readonly parameters: ReadonlyArray<Parameter>
  readonly shape: Shape
  /** As declared: `PagePromise<MessageBatchesPage, MessageBatch>`. */
  readonly returns: TypeText
  /** Once awaited: `MessageBatchesPage`. */
  readonly result: TypeText
  /** Of a page, a stream or a file of rows: `MessageBatch`. */
  readonly item: TypeText | null
  /** Of a page: the class that the result is an instance of (`Page`). */
  readonly page: TypeReference | null
  readonly deprecated: boolean
}

export interface TypeParameter {
  readonly name: string
  readonly constraint: TypeText | null
  readonly default: TypeText | null
}

/**
 * `path` goes into the route · `params` is the object of the rest · `options` are the `RequestOptions` ·
 * `value` is what a method without a request takes.
 */
export type Role = "path" | "params" | "options" | "value"

export interface Parameter {
  readonly name: string
  readonly role: Role
  readonly optional: boolean
  readonly type: TypeText
}

/** A class of `ERROR_CODE_CLASSES`. */
export interface ErrorCode {
  /** The class's name, and the tag it gets here. */
  readonly tag: string
  readonly status: number
  readonly errorCode: string
  /** The status class that it extends. */
  readonly parent: string
  /** Where the class is exported. */
  readonly module: string | null
  /** The type of `details`. */
  readonly details: TypeText
}

/** A class of `core/error.ts`. */
export interface ErrorClass {
  readonly name: string
  readonly parent: string
  /** The one status that makes it; `null` where none or many do. */
  readonly status: number | null
  readonly module: string | null
}

/** A value of an error body's `type`, and the error class that shares its name, if one does. */
export interface ErrorType {
  readonly type: string
  readonly class: string | null
}

/** A module of `helpers/` or `tools/`, which are no part of the client. */
export interface EntryPoint {
  /** Below the package's name: `helpers/zod`. */
  readonly path: string
  /** The values that it exports, sorted. */
  readonly exports: ReadonlyArray<string>
}

/** Limits on documents, from the folder to what an agent is shown of them, units in the names. */
export const DOCUMENT_LIMITS = {
  /** One original. */
  documentBytesMax: 20 * 1024 * 1024,
  /** Originals of one run. */
  documentsMax: 5_000,
  /** All originals of one run together. */
  totalBytesMax: 500 * 1024 * 1024,
  /** A document's path below its folder; as `SourceDocument.name` has it. */
  nameCharactersMax: 512,
  /** Files of any type below a folder, before the client stops looking and asks for a smaller one. */
  folderFilesMax: 100_000,
  /** Folders inside folders. */
  folderDepthMax: 64,
  /** Left-out files that a manifest names; the rest are counted in one last entry. */
  skippedListedMax: 2_000,
  /** Originals that the client reads and stores at once. */
  storedAtOnceMax: 4,

  /** Extracted text of one document. */
  textCharactersMax: 10_000_000,
  /**
   * Extracted text of one run together: documents beyond it become unavailable. It bounds the
   * search index: for this much, measured, 12 s to build and 0.6 GB of memory.
   */
  totalTextCharactersMax: 50_000_000,
  pdfPagesMax: 5_000,
  /** What the parts of a docx may unpack to; guards against archives made to fill the memory. */
  docxUnpackedBytesMax: 200 * 1024 * 1024,
  /** Markup of an html document, or of what a docx is turned into on its way to text. */
  htmlCharactersMax: 40_000_000,
  /** Nesting of an html document; what is deeper is left out. */
  htmlDepthMax: 400,

  /** Documents that are extracted at once, each in a thread of its own. */
  extractionThreadsMax: 2,
  /** One document; then its thread is ended. Measured: 100 pages of PDF take about a second. */
  extractionMs: 60_000,
  /** JavaScript heap of one extraction thread. */
  extractionHeapMbMax: 1_024,
  /** Growth of the whole process while documents are extracted; buffers lie outside the heap. */
  extractionGrowthBytesMax: 1_536 * 1024 * 1024,
  extractionMemoryCheckMs: 200,

  /** Passages are cut between these two lengths, at the end of a paragraph or sentence. */
  passageCharactersMin: 600,
  passageCharactersMax: 900,
  queryCharactersMax: 500,
  resultsMax: 20,
  resultsDefault: 8,
  /** Passages of one document in a result, as long as other documents have something to say. */
  passagesPerDocumentMax: 2,
  /** Search indexes that are held at once, and the text in them together. */
  indexesHeldMax: 4,
  indexedCharactersHeldMax: 50_000_000,
  indexHeapMbMax: 2_048,
  /** Taking one batch of documents into an index (a million characters or one document), and one search. */
  indexBatchMs: 120_000,
  searchMs: 30_000,

  readLinesMax: 400,
  readLinesDefault: 120,
  readCharactersMax: 20_000,
} as const;

// The public names.

export { startEngine } from './backend/engines.node.ts';
export { webgpu } from './backend/webgpu/webgpu.node.ts';
export * from './browser.ts';
export {
  type Downloaded,
  type DownloadOptions,
  downloadPublished,
} from './checkpoint/download/download.node.ts';
export { writeSafetensors } from './checkpoint/write-safetensors.node.ts';
export { openFile } from './data/bytes/file-source.node.ts';
export { openCifar100 } from './data/cifar.node.ts';
export { decodePicture, readPicture } from './data/pictures/decode.node.ts';
export type { PictureSet } from './data/sets/picture-set.ts';
export { openPictures } from './data/sets/pictures.node.ts';
export { writeShapes } from './data/shapes/write-shapes.node.ts';
export { type Diagnosis, diagnose } from './doctor/doctor.node.ts';
export { type ClassifiedPicture, classificationFigure } from './figure/classification-figure.ts';
export { contactSheet } from './figure/contact-sheet.ts';
export { heatFigure } from './figure/heat-figure.ts';
export { type Matrix, matrixFigure } from './figure/matrix-figure.ts';
export { type ParityLine, parityFigure } from './figure/parity-figure.ts';
export { pictureFigure } from './figure/picture-figure.ts';
export {
  type CaptionedPicture,
  type CaptionedPictures,
  type CaptionOptions,
  captionPictures,
} from './tasks/caption/caption-pictures.node.ts';
export { loadDecoder, saveDecoder } from './tasks/caption/decoder-file.node.ts';
export { LoadedDecoder } from './tasks/caption/decoder-file.ts';
export { type Converted, type ConvertOptions, convert } from './tasks/convert.node.ts';
export {
  type EmbedPicturesOptions,
  embedPictures,
  type PictureFeatures,
} from './tasks/embed-pictures.node.ts';
export { openSubject, type Subject, type SubjectInput } from './tasks/embed-subject.node.ts';
export {
  type CalibrationReport,
  calibrateHead,
  type KnownLabels,
  knownLabels,
  measureCalibration,
} from './tasks/labels/calibrate-set.node.ts';
export { type LoadOptions, load } from './tasks/load.node.ts';
export { embedByQueue, type QueueOptions, type QueueResult } from './tasks/queue/embed-by-queue.node.ts';
export { identify, type ModelIdentity } from './tasks/queue/shard-set.node.ts';
export { type WorkOptions, work } from './tasks/queue/work.node.ts';
export { evaluateRetrieval, type Retrieval } from './tasks/retrieval/retrieve.node.ts';
export {
  type FeatureRow,
  type Features,
  type FeatureType,
  saveFeatures,
} from './tasks/save-features.node.ts';
export {
  type BuildOptions,
  type Built,
  type BuiltSide,
  buildIndex,
} from './tasks/search/build-index.node.ts';
export { type QueryPart, queryVector } from './tasks/search/query-vector.ts';
export {
  openIndex,
  type SearchHit,
  SearchIndex,
  type SearchOptions,
  type SideSize,
} from './tasks/search/search-index.node.ts';
export type { Side } from './tasks/search/store.node.ts';
export { openFusion, saveFusion } from './tasks/vqa/fusion-file.node.ts';
export { openQuestionTable } from './tasks/vqa/question-table.node.ts';

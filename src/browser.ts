// The public names that need no Node: what a browser imports as `clip-tfjs`.
export {
  cpu,
  type Engine,
  type EngineName,
  type StartOptions,
  startFirst,
  wasm,
} from './backend/engine.ts';
export { startEngine, webgpu } from './backend/engines.ts';
export { openCheckpoint } from './checkpoint/checkpoint.ts';
export {
  type ClipCheckpoint,
  clipCheckpoint,
  type ModelSettings,
} from './checkpoint/clip-checkpoint.ts';
export { availableModels, OPENAI_MODELS, type OpenAIModel } from './checkpoint/openai-models.ts';
export type { Checkpoint, StoredTensor } from './checkpoint/stored-tensor.ts';
export { type ByteSource, blobSource, bytesSource } from './data/bytes/byte-source.ts';
export { type Cifar100, readCifar100Archive } from './data/cifar.ts';
export { cropPicture } from './data/pictures/crop.ts';
export type { Mode, Picture } from './data/pictures/picture.ts';
export { preprocess } from './data/pictures/preprocess.ts';
export { CAPTION_WORDS } from './data/shapes/captions.ts';
export { COARSE_NAMES, FINE_NAMES, HELD_OUT } from './data/shapes/classes.ts';
export { type QuestionedScene, questionedScene } from './data/shapes/question-sets.ts';
export type { SceneQuestion } from './data/shapes/questions.ts';
export {
  type Shapes100,
  type ShapesExample,
  shapesExample,
  shapesTest,
  shapesTrain,
  shapesValidation,
  trainBatch,
  trainStream,
} from './data/shapes/shapes.ts';
export { ClipError } from './errors.ts';
export { CLIP, type Logits } from './model/clip.ts';
export { type CLIPConfig, inferConfig } from './model/config.ts';
export { contrastiveLoss } from './model/loss.ts';
export { type Tap, withTap } from './model/module.ts';
export { BARS, type Bars } from './parity/bars.ts';
export { type CompareOptions, compareRecordings, type ParityReport } from './parity/compare.ts';
export type { ParityRow, Run } from './parity/compare-key.ts';
export { inputsFrom, seededInputs } from './parity/inputs.ts';
export type { Part } from './parity/keys.ts';
export { ownModel } from './parity/own-model.ts';
export { type ParityOptions, parityOf } from './parity/parity.ts';
export { type RecordOptions, recordRun } from './parity/record.ts';
export type { Recording } from './parity/recording.ts';
export { reportLines } from './parity/report-lines.ts';
export type { Subject } from './parity/run.ts';
export { type Conversion, convertCheckpoint } from './tasks/convert.ts';
export { type CheckpointSummary, describeCheckpoint } from './tasks/describe.ts';
export { type EmbedTextsOptions, embedTexts, type TextFeatures } from './tasks/embed-texts.ts';
export { type Accuracy, evaluate, type LabelledPictures } from './tasks/evaluate.ts';
export { inspectValues, type ValueSummary } from './tasks/inspect.ts';
export { type Calibration, calibratedHead, fitLogistic } from './tasks/labels/calibrate.ts';
export { pictureCosines, similarityMatrix } from './tasks/labels/cosines.ts';
export {
  cosineScores,
  independentScores,
  type LabelScore,
  labelScores,
  NEGATIONS,
  negationScores,
} from './tasks/labels/multi-label.ts';
export { averagePrecision, type MultiLabelQuality, multiLabelQuality } from './tasks/labels/quality.ts';
export { type LoadFromOptions, loadFrom } from './tasks/load.ts';
export { LoadedModel } from './tasks/loaded-model.ts';
export { normalizeRows } from './tasks/normalize-rows.ts';
export {
  type AttentionChoice,
  type AttentionMap,
  type AttentionView,
  attentionMap,
  chooseAttention,
  pictureAttention,
  type TextAttention,
  textAttention,
} from './tasks/patches/attention.ts';
export { type HeatMap, type LocalizeOptions, localize, type Peak } from './tasks/patches/localize.ts';
export { type PatchFeatures, type PatchMethod, patchFeatures } from './tasks/patches/patch-features.ts';
export { type AttentionLayer, rollout } from './tasks/patches/rollout.ts';
export { type Recalls, type RetrievalQuality, retrievalQuality } from './tasks/retrieval/recall.ts';
export { similarity } from './tasks/similarity.ts';
export { type Answer, type AnswerOptions, answerQuestion } from './tasks/vqa/answer.ts';
export { answerWithHead } from './tasks/vqa/answer-with-head.ts';
export { type QuestionItem, type QuestionSet, sceneQuestions } from './tasks/vqa/question-set.ts';
export {
  classify,
  type HeadOptions,
  type Prediction,
  type ZeroShotHead,
  zeroShotHead,
} from './tasks/zero-shot.ts';
export { Tokenizer, tokenize } from './tokenizer/tokenizer.ts';

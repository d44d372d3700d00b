// The model that parity's commands run.
import type { Recording } from '../parity/recording.ts';
import type { Subject } from '../parity/run.ts';
import { type EngineOptions, loadModel, type SettingsOptions, settingsOf } from './options.ts';
import { note, progressBar } from './terminal.ts';

export interface NamedSubject extends Subject {
  name: string;
  backend: string;
  /** Whether its weights are the recording's, and so nothing to compare. */
  isOwn: boolean;
  release(): void;
}

/** The model that was named; else that of the recording's own weights; else the embedded one. */
export async function loadSubject(
  { model: name, ...options }: SettingsOptions & EngineOptions & { model?: string },
  reference?: { recording: Recording; path: string },
): Promise<NamedSubject> {
  const { hasOwnModel, ownModel } = await import('../parity/own-model.ts');
  const { MINI, MINI_REFERENCE } = await import('../tasks/load.node.ts');
  if (name !== undefined || !reference || !hasOwnModel(reference.recording)) {
    if (name === undefined && reference && reference.path !== MINI_REFERENCE)
      note('model: mini, for the recording carries no weights (see --model)');
    const { model, tokenizer, release, ...loaded } = await loadModel({ ...options, model: name ?? MINI });
    return { model, tokenizer, release, name: loaded.name, backend: loaded.backend, isOwn: false };
  }
  const { recording, path } = reference;
  const { startEngine } = await import('../backend/engines.node.ts');
  const { mergesBeside } = await import('../checkpoint/model-files.node.ts');
  const { releaseModel } = await import('../checkpoint/state-dict.ts');
  const { backend, threads } = options;
  const engine = await startEngine(backend, { threads, onNote: note });
  note(`engine: ${engine}`);
  const bar = progressBar('loading the recorded weights');
  try {
    const { model, tokenizer } = await ownModel(recording, path, {
      ...settingsOf(options),
      merges: await mergesBeside(path),
      onProgress: bar.update,
    });
    const release = (): void => releaseModel(model);
    return { model, tokenizer, release, name: "the recording's own model", backend: engine, isOwn: true };
  } finally {
    bar.stop();
  }
}

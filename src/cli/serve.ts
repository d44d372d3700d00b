// clip-tfjs serve: a JSON API of a model on this machine.
import { readFile, stat } from 'node:fs/promises';
import type { Command } from 'commander';
import { ClipError } from '../errors.ts';
import type { Limits } from '../serve/limits.ts';
import type { LoadedModel } from '../tasks/loaded-model.ts';
import type { SearchIndex } from '../tasks/search/search-index.node.ts';
import { loadIndexModel } from './index-model.ts';
import { numberFrom, numberOver, wholeNumber } from './numbers.ts';
import { loadModel, type ModelOptions, withModel } from './options.ts';
import { note, printJson, printLine, UsageError } from './terminal.ts';

interface Options extends ModelOptions {
  port: number;
  host: string;
  index?: string;
  tokenFile?: string;
  token: boolean;
  batch: number;
  batchWindow: number;
  workers?: number;
  maxBody: number;
  maxPixels: number;
  maxTexts: number;
  maxLabels: number;
  maxQueue: number;
  receiveTimeout: number;
  timeout: number;
  grace: number;
  json?: boolean;
}

/** Mebibytes; the other defaults are LIMITS's own, which --help must show before the server's code is loaded. */
const MIB = 2 ** 20;
const TOKEN_VARIABLE = 'CLIP_TFJS_TOKEN';

export function registerServe(program: Command): void {
  const command = program
    .command('serve')
    .summary('a JSON API: features, labels, search')
    .description(
      'Answers POST /embed, POST /classify, POST /search and GET /health in JSON. What several clients ask at the same time goes through the engine together. Pictures come in the request; no path and no address that a request names is read.',
    )
    .option('--port <n>', '0: any that is free', wholeNumber(0), 8080)
    .option('--host <address>', 'another than this machine itself wants a token', '127.0.0.1')
    .option('--index <dir>', 'what /search searches, made by clip-tfjs index')
    .option('--token-file <file>', `only answer who sends this token (or set ${TOKEN_VARIABLE})`)
    .option('--no-token', 'answer everyone, on any --host')
    .option('--batch <n>', 'the most pictures, and texts, in one call of the engine', wholeNumber(1), 32)
    .option('--batch-window <ms>', 'how long one waits for others to go with', numberFrom(0), 3)
    .option(
      '--workers <n>',
      'threads that decode pictures (default: one less than processors)',
      wholeNumber(0),
    )
    .option('--max-body <mib>', "of a request's body (more: 413)", numberOver(0), 16)
    .option('--max-pixels <n>', 'of a picture, by its header (more: 422)', wholeNumber(1), 25_000_000)
    .option('--max-texts <n>', 'of a request (more: 413)', wholeNumber(1), 256)
    .option('--max-labels <n>', 'times templates, of a request (more: 413)', wholeNumber(1), 2000)
    .option('--max-queue <n>', 'requests at once (more: 429)', wholeNumber(1), 256)
    .option('--receive-timeout <s>', 'for a request to come in (longer: 408)', numberOver(0), 20)
    .option('--timeout <s>', 'for the answer (longer: 503)', numberOver(0), 30)
    .option('--grace <s>', 'to finish what is under way, once told to stop', numberFrom(0), 10);
  withModel(command)
    .option('--json', 'print JSON: the address')
    .addHelpText(
      'after',
      `
Examples:
  clip-tfjs serve --port 8080
  curl -s localhost:8080/embed -H 'Content-Type: image/png' --data-binary @star.png
  curl -s localhost:8080/embed -H 'Content-Type: application/json' -d '{"texts": ["a red star"]}'
  clip-tfjs serve --host 0.0.0.0 --token-file token.txt --model ViT-B/32`,
    )
    .action(run);
}

async function run(options: Options, command: Command): Promise<void> {
  const { host, port, json } = options;
  if (port > 65_535) throw new UsageError(`--port: expected 0 to 65535, got ${port}`);
  const token = await readToken(options);
  const { createServer } = await import('../serve/server.node.ts');
  const { isLoopback } = await import('../serve/doors.node.ts');
  const { closeWithin, listen } = await import('../serve/listen.node.ts');
  if (token === undefined && options.token && !isLoopback(host)) {
    throw new UsageError(
      `--host ${host} lets other machines in: give --token-file or set ${TOKEN_VARIABLE}, or say --no-token`,
    );
  }
  const loaded =
    options.index === undefined
      ? await loadModel(options)
      : await loadIndexModel(options.index, options, command);
  const index = await openSearchIndex(options, loaded);
  const app = await createServer(loaded, {
    token,
    index,
    limits: limitsOf(options),
    windowMs: options.batchWindow,
    largest: options.batch,
    workers: options.workers,
    onNote: note,
    onError: (error) => note(`clip-tfjs serve: ${error.stack ?? error}`),
  });
  const stopped = untilStopped();
  try {
    const address = await listen(app, host, port);
    if (json) printJson({ address, model: loaded.name, backend: loaded.backend });
    else printLine(`${loaded.name} at ${address}`);
    await stopped;
    note('finishing what is under way; once more to stop at once');
  } finally {
    await closeWithin(app, options.grace * 1000);
    index?.close();
  }
}

async function openSearchIndex({ index }: Options, loaded: LoadedModel): Promise<SearchIndex | undefined> {
  if (index === undefined) return undefined;
  const { openIndex } = await import('../tasks/search/search-index.node.ts');
  return await openIndex(index, loaded);
}

function limitsOf(options: Options): Partial<Limits> {
  return {
    bodyBytes: Math.floor(options.maxBody * MIB),
    pixels: options.maxPixels,
    texts: options.maxTexts,
    prompts: options.maxLabels,
    queue: options.maxQueue,
    receiveMs: Math.ceil(options.receiveTimeout * 1000),
    answerMs: Math.ceil(options.timeout * 1000),
  };
}

/** From a file or the environment: what is on a command line, every user of the machine can read. */
async function readToken({ tokenFile, token }: Options): Promise<string | undefined> {
  if (tokenFile === undefined) {
    const given = process.env[TOKEN_VARIABLE];
    return token && given !== undefined && given !== ''
      ? checkToken(given.trim(), TOKEN_VARIABLE)
      : undefined;
  }
  if (!token) throw new UsageError('--token-file and --no-token: give one of the two');
  const text = await readFile(tokenFile, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new ClipError(`the token in ${tokenFile} cannot be read`, { got: error.message });
  });
  const { mode } = await stat(tokenFile);
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    note(`${tokenFile} can be read by other users of this machine: chmod 600 ${tokenFile}`);
  }
  return checkToken(text.trim(), tokenFile);
}

const SHORTEST_TOKEN = 16;

function checkToken(token: string, from: string): string {
  if (/^[\x21-\x7e]+$/.test(token) && token.length >= SHORTEST_TOKEN) return token;
  throw new ClipError(`the token in ${from}`, {
    expected: `at least ${SHORTEST_TOKEN} visible characters without spaces, on one line`,
    got: `${token.length} characters`,
    hint: 'openssl rand -hex 32 makes one',
  });
}

/** Resolves at the first Ctrl-C or SIGTERM; a second one ends the process at once. */
function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    let isStopping = false;
    const stop = (): void => {
      if (isStopping) process.exit(130);
      isStopping = true;
      resolve();
    };
    for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, stop);
  });
}

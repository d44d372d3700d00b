// What runs here: the machine, CUDA's parts, and every engine examined in a process of its own, so that one that crashes
// or hangs is a line of the report and not its end.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { EngineName } from '../backend/engine.ts';
import { engines } from '../backend/engines.node.ts';
import { tellingLine } from '../backend/setup/run.node.ts';
import { type CudaFacts, cudaFacts } from './cuda-facts.node.ts';
import type { EngineDescription } from './describe-engine.node.ts';
import { type MachineFacts, machineFacts } from './machine.node.ts';

export interface EngineFacts extends Partial<EngineDescription> {
  name: EngineName;
  available: boolean;
  /** Why it is not available, or what went wrong after it had started; and how to get it. */
  reason?: string;
  hint?: string;
  /** Whether it is not available although it has been set up. */
  isSetUp?: boolean;
  /** Whether `auto` would take it if it were the first, and if not why. */
  byAuto?: boolean;
  notByAuto?: string;
  gflops?: number;
  /** The embedded model held to PyTorch's values: `worst` is the largest error as a part of its bar. */
  parity?: { verdict: 'pass' | 'fail'; first: string | null; values: number; worst: number };
  /** What it said as it started. */
  notes?: string[];
}

export interface Diagnosis extends MachineFacts {
  /** The engine that `auto` takes, and why not one before it. */
  auto: EngineName;
  why: string;
  engines: EngineFacts[];
  cuda: CudaFacts;
}

export interface DiagnoseOptions {
  /** Called before each engine is examined. */
  onEngine?: (name: EngineName, done: number, total: number) => void;
  /** Milliseconds that an engine may take. */
  timeout?: number;
  /** The program that examines one. */
  script?: URL;
}

/** A new GPU may make CUDA compile its kernels at the first start. */
const TIMEOUT = 300_000;
const SCRIPT = new URL(`./examine.node.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url);

/** Examines every engine, one after another: it starts, multiplies for a second, and computes the embedded model. */
export async function diagnose({
  onEngine,
  timeout = TIMEOUT,
  script = SCRIPT,
}: DiagnoseOptions = {}): Promise<Diagnosis> {
  const machine = await machineFacts();
  const cuda = await cudaFacts();
  const found: EngineFacts[] = [];
  for (const { name, hint } of engines) {
    onEngine?.(name, found.length, engines.length);
    const facts = await examine(name, script, timeout);
    found.push({ name, ...facts, ...(!facts.available && { hint }) });
  }
  const auto = found.find(({ available, byAuto }) => available && byAuto)?.name ?? 'cpu';
  return { ...machine, auto, why: whyAuto(auto, found), engines: found, cuda };
}

type Facts = Omit<EngineFacts, 'name'>;

function examine(name: EngineName, script: URL, timeout: number): Promise<Facts> {
  return new Promise((resolve) => {
    const child = fork(fileURLToPath(script), [name], {
      execArgv: script.pathname.endsWith('.ts') ? ['--import', 'tsx'] : [],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      serialization: 'advanced', // numbers that are not finite come through
    });
    let said = '';
    let isLate = false;
    const facts: Facts = { available: false };
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-10_000);
    });
    child.on('message', (more) => Object.assign(facts, more));
    const timer = setTimeout(() => {
      isLate = true;
      child.kill('SIGKILL');
    }, timeout);
    child.on('error', (error) => {
      said ||= error.message;
    });
    child.on('close', (status, signal) => {
      clearTimeout(timer);
      if (isLate) facts.reason = `no answer within ${Math.round(timeout / 1000)} s`;
      else if (status !== 0) facts.reason = crash(said, signal ?? `status ${status}`);
      if (facts.reason !== undefined && facts.parity === undefined) facts.available = false;
      resolve(facts);
    });
  });
}

function crash(said: string, how: string): string {
  const line = tellingLine(said);
  return `it ended its process with ${how}${line && `: ${line}`}`;
}

function whyAuto(auto: EngineName, found: readonly EngineFacts[]): string {
  const before = found.slice(
    0,
    found.findIndex(({ name }) => name === auto),
  );
  const reasons = before.map(
    ({ name, reason, notByAuto }) => `${name}: ${notByAuto ?? reason ?? 'not here'}`,
  );
  return reasons.length > 0 ? reasons.join('; ') : 'it is the first in order';
}

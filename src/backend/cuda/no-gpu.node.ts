// Why TensorFlow with CUDA sees no GPU: another process loads it, and what it says on the way is read.
import { execFile } from 'node:child_process';
import { listGpus } from './driver.node.ts';

/** One line; `binding` is the path of the Node module. */
export async function whyNoGpu(binding: string): Promise<string> {
  const env = { ...process.env, TF_CPP_MIN_LOG_LEVEL: '0', NODE_OPTIONS: '' };
  const said = await new Promise<string>((resolve) => {
    const options = { env, timeout: 60_000 };
    execFile(process.execPath, ['-e', `require(${JSON.stringify(binding)})`], options, (_, out, err) =>
      resolve(err || out),
    );
  });
  const [gpu] = await listGpus();
  return `TensorFlow sees no GPU: ${reasonIn(said) ?? (gpu ? `the driver ${gpu.driver} has a ${gpu.name}` : 'nvidia-smi names none')}`;
}

/** What TensorFlow's notes say of it, most telling first. */
export function reasonIn(said: string): string | undefined {
  const library = /Could not load dynamic library '([^']+)'/.exec(said)?.[1];
  if (library) return `${library} cannot be loaded`;
  const old =
    /with Cuda compute capability (\d+\.\d+)\. The minimum required Cuda capability is (\d+\.\d+)/i.exec(
      said,
    );
  if (old) return `its compute capability is ${old[1]}, and at least ${old[2]} is needed`;
  const init = /failed call to cuInit: (.+)/.exec(said)?.[1];
  if (init) return `the driver does not start (${init.replace(/^INTERNAL: CUDA error: /, '')})`;
  if (/driver version is insufficient/i.test(said)) return 'the driver is too old for this CUDA';
  if (/Cannot dlopen some GPU libraries/.test(said)) return 'one of CUDA’s libraries cannot be loaded';
  return undefined;
}

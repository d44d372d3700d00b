// clip-tfjs convert: any checkpoint → safetensors under OpenAI's, Hugging Face's or open_clip's names.
import { type Command, Option } from 'commander';
import type { SchemeName } from '../checkpoint/schemes/scheme.ts';
import type { ConvertedType } from '../tasks/convert.ts';
import { offerDownload } from './download.ts';
import { type SettingsOptions, settingsOf, withSettings } from './options.ts';
import { note, printJson, printLine, progressBar } from './terminal.ts';

interface Options extends SettingsOptions {
  to: SchemeName;
  dtype?: ConvertedType;
  force?: boolean;
  json?: boolean;
}

export function registerConvert(program: Command): void {
  const command = program
    .command('convert')
    .summary('a checkpoint for another program')
    .description(
      'Writes a model as safetensors under the names of OpenAI, Hugging Face (transformers) or open_clip, with the ' +
        'configuration and tokenizer files which that program reads. Nothing in the source is executed.',
    )
    .argument('<model>', "a name that clip-tfjs models lists, or a checkpoint's path: a file or a folder")
    .argument('<target>', 'a file that ends in .safetensors, or a folder (for hf always a folder)')
    .addOption(
      new Option('--to <names>', 'whose names').choices(['openai', 'hf', 'open_clip']).makeOptionMandatory(),
    )
    .addOption(new Option('--dtype <type>', 'of every weight (default: as they are)').choices(['f32', 'f16']))
    .option('--force', 'replace files that are there');
  withSettings(command)
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  clip-tfjs convert ViT-B/32 vit-b-32 --to hf          then CLIPModel.from_pretrained('vit-b-32')
  clip-tfjs convert ViT-B-32.pt vit.safetensors --to openai --dtype f16
  clip-tfjs convert hf-folder vit --to open_clip       then open_clip.create_model('local-dir:vit')`,
    )
    .action(run);
}

async function run(model: string, target: string, options: Options): Promise<void> {
  const { to, dtype, force, json } = options;
  const { convert } = await import('../tasks/convert.node.ts');
  await offerDownload(model);
  const bar = progressBar('converting');
  try {
    const settings = settingsOf(options);
    const made = await convert(model, target, {
      ...settings,
      to,
      dtype,
      force,
      onProgress: bar.update,
      onNote: note,
    });
    bar.stop();
    if (json) printJson({ ...made, to });
    else for (const file of made.files) printLine(file);
  } finally {
    bar.stop();
  }
}

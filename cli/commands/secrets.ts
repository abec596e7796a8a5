import { collect, type Definitions } from '../command.ts';
import type {
  SecretImportOptions,
  SecretKeygenOptions,
  SecretSealOptions,
} from '../verbs/secret.ts';

const RECIPIENT = ['--recipient <age1…>', 'public key of the controller; may be repeated'] as const;

const SEAL_HELP = `
The value is asked for, or read from standard input. The same as: age --armor --recipient age1…`;

/** Values that git may hold since only the controller opens them. */
export function defineSecrets({ program, terminal, verb }: Definitions): void {
  const secret = program.command('secret').description('sealed values: make keys, seal, import');
  secret
    .command('keygen')
    .description('make an identity for SKEP_AGE_KEY_FILE; print its recipient')
    .option('--out <file>', 'write the identity there, readable by its owner alone')
    .addHelpText('after', '\nExample: skep secret keygen --out /etc/skep/age.key')
    .action(
      verb(async (options: SecretKeygenOptions) => {
        const { secretKeygen } = await import('../verbs/secret.ts');
        return await secretKeygen(terminal, options);
      }),
    );
  secret
    .command('seal')
    .description('print one value as armored age text for spec.values of a Secret')
    .option(...RECIPIENT, collect)
    .addHelpText('after', SEAL_HELP)
    .action(
      verb(async (options: SecretSealOptions) => {
        const { secretSeal } = await import('../verbs/secret.ts');
        return await secretSeal(terminal, options);
      }),
    );
  secret
    .command('import')
    .argument('<file>', 'a .env file')
    .description('print every value of a .env file as a Secret manifest')
    .requiredOption('--name <name>', 'what the Secret is called')
    .option(...RECIPIENT, collect)
    .addHelpText('after', '\nExample: skep secret import .env --name db --recipient age1… >db.yaml')
    .action(
      verb(async (file: string, options: SecretImportOptions) => {
        const { secretImport } = await import('../verbs/secret.ts');
        return await secretImport(terminal, file, options);
      }),
    );
}

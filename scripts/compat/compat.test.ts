import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { readCorpus } from './corpus.ts';
import { findValues } from './values.ts';

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function corpus(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'skep-compat-'));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

function compat(...folder: readonly string[]) {
  const script = resolve(import.meta.dirname, '../compat.ts');
  return spawnSync(process.execPath, [script, ...folder], { encoding: 'utf8' });
}

const MODEL = {
  name: 'proj',
  networks: { default: { name: 'proj_default', ipam: {} } },
  services: {
    web: { command: null, entrypoint: null, image: 'web:1', networks: { default: null } },
  },
};
const GOOD = {
  'inputs/a/compose.yaml': 'services: {web: {image: "web:1"}}\n',
  'golden/a/compose.yaml.compose.json': JSON.stringify(MODEL),
  'inputs/a/refused.yaml': 'services: {web: {}}\n',
  'inputs/a/config.yaml': 'other: true\n',
};

describe('make compat', () => {
  it('counts what is equal, and what is refused on both sides', () => {
    const { status, stdout } = compat(corpus(GOOD));
    expect(stdout).toBe(
      '1 of 1 models, 0 of 0 container requests, 0 of 0 service requests, 2 of 2 verdicts\n',
    );
    expect(status).toBe(0);
  });

  it('lists a difference with both values, and fails', () => {
    const model = JSON.stringify(MODEL).replace('web:1', 'web:2');
    const { status, stdout } = compat(
      corpus({ ...GOOD, 'golden/a/compose.yaml.compose.json': model }),
    );
    expect(stdout).toContain('a/compose.yaml: model: services.web.image');
    expect(stdout).toContain('skep:     "web:1"\n  recorded: "web:2"');
    expect(status).toBe(1);
  });

  it('says what it needs', () => {
    expect(compat()).toMatchObject({ status: 1, stderr: expect.stringContaining('name a folder') });
  });

  it('refuses a folder of another shape', () => {
    const folder = corpus({ 'compose.yaml': '' });
    expect(compat(folder).status).toBe(1);
    expect(() => readCorpus(folder)).toThrow('no inputs/ and golden/');
  });
});

describe('the values that a recording was made with', () => {
  const errors = 'a.yaml:1:1: W_VARIABLE_UNSET: the variable TAG is not set; it becomes …';

  it('are found where they make both models equal', () => {
    const load = (values: Readonly<Record<string, string>>) =>
      values['TAG'] === undefined ? { errors } : { errors: '', value: { image: values['TAG'] } };
    expect(findValues({ image: '7' }, load)).toEqual({ TAG: '7' });
  });

  it('are not found where nothing makes them equal', () => {
    const load = (values: Readonly<Record<string, string>>) =>
      values['TAG'] === undefined ? { errors } : { errors: '', value: { other: values['TAG'] } };
    expect(findValues({ image: '7' }, load)).toBeUndefined();
  });
});

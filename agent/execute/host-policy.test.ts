import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { DEFAULT_HOST_POLICY, HostPolicyFile } from './host-policy.ts';

describe('a host policy', () => {
  let folder: string;
  let path: string;
  let file: HostPolicyFile;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'skep-policy-'));
    path = join(folder, 'host-policy.yaml');
    file = new HostPolicyFile(path, parse);
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  it('is the default where there is no file', () => {
    expect(file.current()).toEqual(DEFAULT_HOST_POLICY);
  });

  it('is what the file says, and follows it', () => {
    writeFileSync(path, 'projects: [shop]\ndenyBinds: [/etc]\n');
    expect(file.current()).toEqual({
      projects: ['shop'],
      denyBinds: ['/etc'],
      allowPrivileged: false,
      allowExec: true,
    });
    writeFileSync(path, 'allowPrivileged: true\nallowExec: false\n');
    expect(file.current()).toEqual({
      denyBinds: [],
      allowPrivileged: true,
      allowExec: false,
    });
    rmSync(path);
    expect(file.current()).toEqual(DEFAULT_HOST_POLICY);
  });

  it.each([
    ['a: b', 'does not know a'],
    ['denyBinds: [etc]', 'etc is not an absolute path'],
    ['denyBinds: /etc', 'denyBinds is a list of texts'],
    ['allowPrivileged: 1', 'allowPrivileged is true or false'],
    ['allowExec: no-one', 'allowExec is true or false'],
    ['- a', 'is not a mapping'],
    ['projects: [', 'host-policy.yaml'],
  ])('lets nothing in while it says %j', (text, words) => {
    writeFileSync(path, text);
    expect(() => file.current()).toThrow(words);
    expect(() => file.current()).toThrow(words);
  });

  it('lets nothing in while others can write it', () => {
    writeFileSync(path, 'allowPrivileged: true');
    chmodSync(path, 0o666);
    expect(() => file.current()).toThrow('can be written by others than root');
  });
});

import { mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Contact, sinceContactMs } from './contact.ts';

describe('the last contact with the controller', () => {
  let folder: string;
  let now: number;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'skep-contact-'));
    now = Date.now();
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is unknown until the controller was heard, then recent', () => {
    const file = join(folder, 'agent', 'contact');
    expect(sinceContactMs(file, now)).toBeUndefined();
    new Contact(file, () => now).heard();
    expect(sinceContactMs(file, Date.now())).toBeLessThan(60_000);
    expect(sinceContactMs(file, statSync(file).mtimeMs + 90_000)).toBe(90_000);
  });

  it('is written at most once in five seconds', () => {
    const file = join(folder, 'contact');
    const contact = new Contact(file, () => now);
    contact.heard();
    utimesSync(file, 1, 1);
    now += 4_999;
    contact.heard();
    expect(statSync(file).mtimeMs).toBe(1_000);
    now += 1;
    contact.heard();
    expect(statSync(file).mtimeMs).toBeGreaterThan(1_000);
  });

  it('ends no session where it cannot be written', () => {
    writeFileSync(join(folder, 'file'), '');
    const contact = new Contact(join(folder, 'file', 'contact'), () => now);
    expect(() => contact.heard()).not.toThrow();
  });
});

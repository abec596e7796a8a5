import { readFileSync } from 'node:fs';

interface Manifest {
  readonly version: string;
}

/** The package's version. package.json is beside `kit/` in a checkout, above `dist/kit/` else. */
function read(): string {
  for (const path of ['../package.json', '../../package.json']) {
    try {
      const text = readFileSync(new URL(path, import.meta.url), 'utf8');
      return (JSON.parse(text) as Manifest).version;
    } catch {
      // Looked for one folder further up.
    }
  }
  return '0.0.0';
}

export const VERSION = read();

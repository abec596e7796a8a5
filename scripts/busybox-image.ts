/** The one maker of images for examples, tests and benchmarks: a static busybox, nothing pulled. */
import { execFileSync } from 'node:child_process';
import { accessSync, constants, readFileSync } from 'node:fs';
import { call, readText } from './engine-api.ts';
import { type TarEntry, tar } from './tar.ts';

/** Runs until it is told to stop, and stops at once then. */
export const FOREVER = ['sh', '-c', "trap 'exit 0' TERM; while :; do sleep 3600 & wait; done"];

export interface BusyboxImage {
  readonly reference: string;
  readonly cmd?: readonly string[];
  /** Dockerfile instructions that `import` takes: `ENV A=b`, `EXPOSE 80`, `LABEL a=b`. */
  readonly changes?: readonly string[];
  readonly files?: Readonly<Record<string, string>>;
}

/** Makes those that the engine does not have. */
export async function makeImages(
  images: readonly BusyboxImage[],
  dockerHost?: string,
): Promise<void> {
  for (const image of images) {
    const answer = await call('GET', `/images/${image.reference}/json`, undefined, dockerHost);
    await readText(answer);
    if (answer.statusCode === 404) await importImage(image, dockerHost);
  }
}

/** Imports it, also where one of that name is there: the name then moves to it. */
export async function importImage(image: BusyboxImage, dockerHost?: string): Promise<void> {
  const [repo = '', tag = 'latest'] = image.reference.split(/:(?=[^/]+$)/);
  const query = new URLSearchParams({ fromSrc: '-', repo, tag });
  const cmd = `CMD ${JSON.stringify(image.cmd ?? FOREVER)}`;
  for (const change of [cmd, 'ENV PATH=/bin', ...(image.changes ?? [])]) {
    query.append('changes', change);
  }
  const path = `/images/create?${query.toString()}`;
  const answer = await call('POST', path, tar(rootFileSystem(image)), dockerHost);
  const text = await readText(answer);
  // The status is sent before the work: a failure is told in the body.
  if (answer.statusCode === 200 && !text.includes('"error"')) return;
  throw new Error(`${image.reference} could not be made: ${text.trim()}`);
}

/** What `/etc/image` and the page say differs, so that no two images are equal. */
export function rootFileSystem({ reference, files }: BusyboxImage): readonly TarEntry[] {
  const program = staticBusybox();
  const applets = execFileSync(program, ['--list'], { encoding: 'utf8' }).trim().split('\n');
  const links = applets
    .filter((applet) => applet !== 'busybox')
    .map((applet) => ({ path: `bin/${applet}`, link: 'busybox' }));
  const folders = ['bin', 'etc', 'var', 'var/lib', 'www'];
  const texts = {
    'etc/passwd': 'root:x:0:0:root:/:/bin/sh\n',
    'etc/image': `${reference}\n`,
    'www/index.html': `<h1>${reference}</h1>\n`,
    ...files,
  };
  return [
    ...folders.map((path) => ({ path: `${path}/`, folder: true })),
    { path: 'tmp/', folder: true, mode: 0o1777 },
    { path: 'bin/busybox', content: readFileSync(program) },
    ...links,
    ...Object.entries(texts).map(([path, text]) => ({
      path,
      content: Buffer.from(text),
      mode: 0o644,
    })),
  ];
}

const PT_INTERP = 3;

export function staticBusybox(): string {
  const folders = [...(process.env['PATH'] ?? '').split(':'), '/bin', '/usr/bin'];
  for (const path of folders.map((folder) => `${folder}/busybox`)) {
    try {
      accessSync(path, constants.X_OK);
    } catch {
      continue;
    }
    if (!hasInterpreter(readFileSync(path))) return path;
  }
  throw new Error('a static busybox is needed (Debian: apt-get install busybox-static)');
}

/** A static program asks for no dynamic linker: no such entry in its 64-bit ELF program headers. */
function hasInterpreter(program: Buffer): boolean {
  const [at, size, count] = [
    Number(program.readBigUInt64LE(32)),
    program.readUInt16LE(54),
    program.readUInt16LE(56),
  ];
  return Array.from({ length: count }, (_, index) =>
    program.readUInt32LE(at + index * size),
  ).includes(PT_INTERP);
}

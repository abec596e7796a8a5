/** One local image that stands for every one an input names: whatever is asked of it, it runs on. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { posix } from 'node:path';
import type { ComposeService } from '../../schemas/domain/index.ts';
import { staticBusybox } from '../../scripts/busybox-image.ts';
import { type TarEntry, tar } from '../../scripts/tar.ts';
import { engineRequest } from '../support/images.ts';
import type { Input } from './inputs.ts';

/**
 * As the main process (1, or the child of an init) it lives until it is told to end, or ends at once
 * where another service waits for that; run beside it, as probes and hooks are, it is content.
 */
const SCRIPT = `#!/bin/busybox sh
[ $$ = 1 ] || [ $PPID = 1 ] || exit 0
line=$(/bin/busybox printf %s "$*" | /bin/busybox tr '\\n' ' ')
/bin/busybox grep -qxF -- "$line" /standin.jobs && exit 0
trap 'exit 0' TERM INT QUIT HUP USR1 USR2 WINCH
while :; do /bin/busybox sleep 3600 & wait; done
`;

export async function makeStandIns(inputs: readonly Input[], dockerHost: string): Promise<void> {
  const services = inputs.flatMap(({ model }) => Object.values(model.services));
  const named = services.flatMap(({ image: name }) => name ?? []);
  const images = [...named, ...inputs.flatMap(({ instead }) => Object.values(instead))];
  const query = new URLSearchParams({ fromSrc: '-', repo: 'skep-standin', tag: '1' });
  query.append('changes', 'ENTRYPOINT ["/standin"]');
  const archive = tar(rootFileSystem(services, inputs.flatMap(jobsOf)));
  const made = await engineRequest(
    dockerHost,
    'POST',
    `/images/create?${query.toString()}`,
    archive,
  );
  if (made.status !== 200 || made.body.includes('"error"')) throw new Error(made.body);
  for (const image of new Set(images.filter((name) => !name.includes('@')))) {
    const [repo = '', tag = 'latest'] = image.split(/:(?=[^/]+$)/);
    const to = new URLSearchParams({ repo, tag }).toString();
    const { status, body } = await engineRequest(
      dockerHost,
      'POST',
      `/images/skep-standin:1/tag?${to}`,
    );
    if (status !== 201) throw new Error(`${image}: ${body}`);
  }
}

/** What services are started with that others wait for the end of. */
function jobsOf({ model }: Input): readonly string[] {
  const awaited = Object.values(model.services).flatMap(({ depends_on = {} }) =>
    Object.entries(depends_on).flatMap(([name, { condition }]) =>
      condition === 'service_completed_successfully' ? name : [],
    ),
  );
  return awaited.flatMap((name) => {
    const { entrypoint, command } = model.services[name] ?? {};
    const words = [...(entrypoint ?? []).slice(1), ...(command ?? [])].join(' ');
    return words.replaceAll('\n', ' ') || [];
  });
}

function rootFileSystem(
  services: readonly ComposeService[],
  jobs: readonly string[],
): readonly TarEntry[] {
  const programs = new Set(['sh', 'bash', ...services.flatMap(programsOf)]);
  const paths = [...programs].map((name) =>
    name.includes('/') ? posix.normalize(name).replace(/^\//, '') : `bin/${name}`,
  );
  const users = [...new Set(services.flatMap(namesOf))];
  const text = (path: string, content: string, mode = 0o644): TarEntry => ({
    path,
    content: Buffer.from(content),
    mode,
  });
  return [
    { path: 'bin/', folder: true },
    { path: 'tmp/', folder: true, mode: 0o1777 },
    { path: 'bin/busybox', content: readFileSync(staticBusybox()) },
    text('standin', SCRIPT, 0o755),
    text('standin.jobs', jobs.map((job) => `${job}\n`).join('')),
    text(
      'etc/passwd',
      users.map((name, n) => `${name}:x:${1000 + n}:${1000 + n}::/:/bin/sh\n`).join(''),
    ),
    text('etc/group', users.map((name, n) => `${name}:x:${1000 + n}:\n`).join('')),
    ...[...new Set(paths)]
      .filter((path) => path !== 'bin/busybox')
      .map((path) => ({ path, link: '/standin' })),
  ];
}

const programsOf = ({ entrypoint, healthcheck }: ComposeService): readonly string[] => [
  ...(entrypoint ?? []).slice(0, 1),
  ...(healthcheck?.test?.[0] === 'CMD' ? healthcheck.test.slice(1, 2) : []),
];

const namesOf = ({ user, group_add = [] }: ComposeService): readonly string[] =>
  ['root', ...(user ?? '').split(':'), ...group_add].filter((name) => !/^\d*$/.test(name));

/** As `skep compose config` shows the folder of a file, and the folder of all of them. */
const PLACES = [/^\/PROJECT\//, /^\/ROOT\//] as const;

/** Files and folders beside an input that its services mount, below the folder of all inputs. */
export function mountedPaths({ name, model }: Input): readonly string[] {
  const mounts = Object.values(model.services).flatMap(({ volumes = [] }) =>
    volumes.flatMap(({ type, source }) => (type === 'bind' && source ? [source] : [])),
  );
  const files = [model.configs, model.secrets].flatMap((objects) =>
    Object.values(objects ?? {}).flatMap(({ file }) => file ?? []),
  );
  return [...mounts, ...files].flatMap((path) => {
    const place = PLACES.findIndex((pattern) => pattern.test(path));
    if (place < 0) return [];
    const rest = path.replace(PLACES[place] ?? '', '');
    return place === 0 ? posix.join(posix.dirname(name), rest) : rest;
  });
}

/** A corpus holds Compose files, and not all that lay beside them. */
export function standInFile(path: string): void {
  if (existsSync(path)) return;
  const isFile = /\.\w+$/.test(path);
  const file = isFile ? path : posix.join(path, 'stand-in.txt');
  mkdirSync(posix.dirname(file), { recursive: true });
  writeFileSync(file, 'a stand-in\n');
}

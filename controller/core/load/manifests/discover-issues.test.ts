import { describe, expect, test } from 'vitest';
import { type FileContent, loadFiles, manifest, said } from '../testing/repository.ts';

type Row = readonly [
  when: string,
  files: Readonly<Record<string, FileContent>>,
  says: readonly string[],
];

const WEB = 'compose:\n  services:\n    web: {image: nginx}';
const app = (more: string, name = 'web') => manifest('App', name, `${WEB}\n${more}`);
const host = (name: string, spec = '') => manifest('Host', name, spec);
const project = (name: string, spec: string) => manifest('Project', name, spec);
const COMPOSE = 'services: {a: {image: x}}\n';

const DISCOVER: readonly Row[] = [
  [
    'an unknown placeholder',
    { 'p.yaml': project('p', 'discover:\n  - path: apps/{ap}') },
    [
      'p.yaml:7:13: E_DISCOVER spec.discover[0].path: "{ap}" is neither a folder, {app}, {host} nor * (folders from the root, as in apps/* or hosts/{host}/{app})',
    ],
  ],
  [
    'a placeholder of later',
    { 'p.yaml': project('p', 'discover:\n  - path: swarms/{swarm}/{stack}') },
    [
      'p.yaml:7:13: E_DISCOVER spec.discover[0].path: {swarm} is not supported yet (folders from the root, as in apps/* or hosts/{host}/{app})',
    ],
  ],
  [
    'a placeholder twice',
    { 'p.yaml': project('p', 'discover:\n  - path: "{app}/{app}"') },
    [
      'p.yaml:7:13: E_DISCOVER spec.discover[0].path: {app} may stand once (folders from the root, as in apps/* or hosts/{host}/{app})',
    ],
  ],
  [
    'no app in it',
    { 'p.yaml': project('p', 'discover:\n  - path: apps/web') },
    [
      'p.yaml:7:13: E_DISCOVER spec.discover[0].path: name the apps with {app} or * (folders from the root, as in apps/* or hosts/{host}/{app})',
    ],
  ],
  [
    'a way out',
    { 'p.yaml': project('p', 'discover:\n  - path: apps/*\n  - path: ../{app}') },
    [
      'p.yaml:8:13: E_DISCOVER spec.discover[1].path: ".." is neither a folder, {app}, {host} nor * (folders from the root, as in apps/* or hosts/{host}/{app})',
    ],
  ],
  [
    'a folder that is no name',
    { 'p.yaml': project('p', 'discover:\n  - path: apps/*'), 'apps/Web_1/compose.yaml': COMPOSE },
    [
      'apps/Web_1/compose.yaml:0:0: E_DISCOVER: the folder "Web_1" is not a name for an app (rename it (lower-case letters, digits and dashes), or name it in .skepignore)',
    ],
  ],
  [
    'a folder beside a manifest',
    {
      'p.yaml': project('default', 'discover:\n  - path: apps/*'),
      'apps/web/compose.yaml': COMPOSE,
      'x/app.yaml': app(''),
    },
    [
      'apps/web/compose.yaml:1:1: E_DUPLICATE_NAME: App default/web is also declared at x/app.yaml:4:9 (rename or remove one of them; until then what it declared last stays)',
      'x/app.yaml:4:9: E_DUPLICATE_NAME: App default/web is also declared at apps/web/compose.yaml:1:1 (rename or remove one of them; until then what it declared last stays)',
    ],
  ],
  [
    'an unknown host in a rule',
    {
      'h.yaml': host('web-01'),
      'p.yaml': project('p', 'discover:\n  - path: apps/*\n    hosts: [web-01, other]'),
      'apps/web/compose.yaml': COMPOSE,
    },
    [
      'p.yaml:8:23: E_HOST_UNKNOWN spec.discover[0].hosts[1]: the host "other" is not declared (declare it with kind: Host)',
    ],
  ],
  [
    'a folder of an unknown host',
    {
      'h.yaml': host('web-01'),
      'p.yaml': project('p', 'discover:\n  - path: hosts/{host}/{app}'),
      'hosts/web-03/api/compose.yaml': COMPOSE,
    },
    [
      'hosts/web-03/api/compose.yaml:1:1: E_HOST_UNKNOWN: the host "web-03" is not declared (did you mean "web-01"?)',
    ],
  ],
  [
    'a rule that chooses no host',
    {
      'h.yaml': `${host('a')}---\n${host('b')}`,
      'p.yaml': project(
        'p',
        'discover:\n  - path: sel/*\n    hostSelector: {disk: ssd}\n  - path: none/*',
      ),
      'sel/s/compose.yaml': COMPOSE,
      'none/n/compose.yaml': COMPOSE,
    },
    [
      'p.yaml:8:7: E_HOST_REQUIRED spec.discover[0].hostSelector: no host has the labels disk=ssd (hosts have their labels from spec.labels of kind: Host)',
      'p.yaml:9:7: E_HOST_REQUIRED spec.discover[1]: hosts is missing, and 2 hosts are declared for the project (name the hosts: hosts: [NAME], or hostSelector: {LABEL: VALUE})',
    ],
  ],
];

describe('what is wrong with discover, said at its place with what to do', () => {
  test.each(DISCOVER)('%s', async (_when, files, says) => {
    expect(said(await loadFiles(files))).toEqual(says);
  });
});

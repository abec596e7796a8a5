// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Compose's own ${…}, not JavaScript's.
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
const envelope = (text: string) => ({ 'a.yaml': `${text}\nmetadata: {name: web}\n` });

const ENVELOPE: readonly Row[] = [
  [
    'another version',
    envelope('apiVersion: skep/v2\nkind: App'),
    ['a.yaml:1:13: E_API_VERSION apiVersion: apiVersion is "skep/v2" (write skep/v1)'],
  ],
  [
    'no version',
    envelope('kind: App'),
    ['a.yaml:1:1: E_API_VERSION apiVersion: apiVersion is missing (write skep/v1)'],
  ],
  [
    'a version that is a list',
    envelope('apiVersion: [1]\nkind: App\nx: skep/v1'),
    ['a.yaml:1:13: E_API_VERSION apiVersion: apiVersion is missing (write skep/v1)'],
  ],
  [
    'a misspelt kind',
    envelope('apiVersion: skep/v1\nkind: Ap'),
    ['a.yaml:2:7: E_KIND_UNKNOWN kind: unknown kind "Ap" (did you mean "App"?)'],
  ],
  [
    'a foreign kind',
    envelope('apiVersion: skep/v1\nkind: Deployment'),
    [
      'a.yaml:2:7: E_KIND_UNKNOWN kind: unknown kind "Deployment" (one of App, Host, Project, Registry, Role, Secret, Stack, User)',
    ],
  ],
  [
    'no kind',
    envelope('apiVersion: skep/v1'),
    [
      'a.yaml:1:1: E_KIND_UNKNOWN kind: kind is missing (one of App, Host, Project, Registry, Role, Secret, Stack, User)',
    ],
  ],
  [
    'a kind of later',
    envelope('apiVersion: skep/v1\nkind: Route'),
    [
      'a.yaml:2:7: E_KIND_UNSUPPORTED kind: the kind Route is not supported yet (name the file in .skepignore until then)',
    ],
  ],
];

const FIELDS: readonly Row[] = [
  [
    'a misspelt field',
    { 'a.yaml': app('host: [a]') },
    ['a.yaml:9:3: E_FIELD_UNKNOWN spec.host: unknown field "host" (did you mean "hosts"?)'],
  ],
  [
    'a field in the wrong case',
    { 'a.yaml': app('Hosts: [a]') },
    ['a.yaml:9:3: E_FIELD_UNKNOWN spec.Hosts: unknown field "Hosts" (did you mean "hosts"?)'],
  ],
  [
    'a field of something else',
    { 'a.yaml': app('privileged: true') },
    [
      'a.yaml:9:3: E_FIELD_UNKNOWN spec.privileged: unknown field "privileged" (known here: compose, hosts, hostSelector, values, projectName, dependsOn, suspend, strict, drift, adopt, prune, rollout, images, strategy, restart, secrets)',
    ],
  ],
  [
    'a field of later',
    { 'a.yaml': app('profiles: [a]') },
    [
      'a.yaml:9:3: E_FIELD_UNSUPPORTED spec.profiles: "spec.profiles" is not supported yet (leave it out until then)',
    ],
  ],
  [
    'a missing field',
    { 'a.yaml': manifest('App', 'web', 'drift: heal') },
    [
      'a.yaml:5:1: E_FIELD_MISSING spec: the field "compose" is missing (A path of a Compose file beside the manifest, a list of such paths (merged in order), or a Compose file written inline.)',
    ],
  ],
  [
    'a missing field, misspelt',
    { 'a.yaml': manifest('App', 'web', 'compos: x') },
    ['a.yaml:6:3: E_FIELD_UNKNOWN spec.compos: unknown field "compos" (did you mean "compose"?)'],
  ],
  [
    'no name',
    { 'a.yaml': 'apiVersion: skep/v1\nkind: Host\nmetadata: {}\n' },
    [
      'a.yaml:3:1: E_FIELD_MISSING metadata: the field "name" is missing (Lower-case letters, digits and dashes; at most 63 characters. Unique among the manifests of its kind.)',
    ],
  ],
  [
    'no spec',
    { 'a.yaml': manifest('App', 'web', '') },
    ['a.yaml:1:1: E_FIELD_MISSING: the field "spec" is missing (What runs, and where.)'],
  ],
  [
    'a text for true',
    { 'a.yaml': app('adopt: "true"') },
    ['a.yaml:9:10: E_TYPE spec.adopt: must be true or false, not a text (write it without quotes)'],
  ],
  [
    'YAML 1.1 for true',
    { 'a.yaml': app('adopt: yes') },
    ['a.yaml:9:10: E_TYPE spec.adopt: must be true or false, not a text (write true or false)'],
  ],
  [
    'a number for a text',
    { 'a.yaml': app('suspend: {reason: 12}') },
    ['a.yaml:9:21: E_TYPE spec.suspend.reason: must be a text, not a number (put it in quotes)'],
  ],
  [
    'an octal number',
    { 'p.yaml': project('p', 'deletionBudget: {count: 0644}') },
    [
      'p.yaml:6:27: E_TYPE spec.deletionBudget.count: must be a whole number, not a text (write it without quotes, leading zeros or signs, with at most 15 digits)',
    ],
  ],
  [
    'too many digits',
    { 'p.yaml': project('p', `deletionBudget: {count: ${'9'.repeat(20)}}`) },
    [
      'p.yaml:6:27: E_TYPE spec.deletionBudget.count: must be a whole number, not a text (write it without quotes, leading zeros or signs, with at most 15 digits)',
    ],
  ],
  [
    'a word that is not one of them',
    { 'a.yaml': app('drift: heel') },
    ['a.yaml:9:10: E_VALUE spec.drift: "heel" is not one of heal, report (did you mean "heal"?)'],
  ],
  [
    'a name that is none',
    { 'h.yaml': 'apiVersion: skep/v1\nkind: Host\nmetadata: {name: Web_1}\n' },
    [
      'h.yaml:3:18: E_VALUE metadata.name: "Web_1" is not allowed here (Lower-case letters, digits and dashes; at most 63 characters. Unique among the manifests of its kind.)',
    ],
  ],
  [
    'a project that is none',
    { 'a.yaml': app('').replace('name: web', 'name: web\n  project: A/B') },
    [
      'a.yaml:5:12: E_VALUE metadata.project: "A/B" is not allowed here (The project it belongs to. Default: default.)',
    ],
  ],
  [
    'a value that skep sets',
    { 'a.yaml': app('values: {SKEP_HOST: x}') },
    [
      'a.yaml:9:12: E_VALUE spec.values.SKEP_HOST: "SKEP_HOST" is not a name that is allowed here (Values for ${NAME} in the Compose files; they come on top of the .env beside the Compose file. Numbers and booleans keep the text as written. Names with SKEP_ in front are set by skep itself.)',
    ],
  ],
  [
    'a value of a host that skep sets',
    { 'h.yaml': host('web-01', 'values: {SKEP_APP: x}') },
    [
      'h.yaml:6:12: E_VALUE spec.values.SKEP_APP: "SKEP_APP" is not a name that is allowed here (Values for ${NAME} in the Compose files of apps on this host; they win over the app\'s own values. Names with SKEP_ in front are set by skep itself.)',
    ],
  ],
  [
    'a deadline of nothing',
    { 'a.yaml': app('rollout: {deadline: 1ms}') },
    ['a.yaml:9:23: E_VALUE spec.rollout.deadline: "1ms" is not between 1s and 24h (such as 10m)'],
  ],
  [
    'an end that is no date',
    { 'a.yaml': app('suspend: {reason: x, until: tomorrow}') },
    [
      'a.yaml:9:31: E_VALUE spec.suspend.until: "tomorrow" is neither a date nor a time with its zone (such as 2030-01-31 or 2030-01-31T18:00:00Z)',
    ],
  ],
  [
    'an end on no day',
    { 'a.yaml': app('suspend: {reason: x, until: 2030-13-45}') },
    [
      'a.yaml:9:31: E_VALUE spec.suspend.until: "2030-13-45" is neither a date nor a time with its zone (such as 2030-01-31 or 2030-01-31T18:00:00Z)',
    ],
  ],
  [
    'two ways to choose hosts',
    {
      'h.yaml': host('one', 'labels: {a: b}'),
      'a.yaml': app('hosts: [one]\nhostSelector: {a: b}'),
    },
    [
      'a.yaml:10:17: E_VALUE spec.hostSelector: hosts and hostSelector exclude each other (remove one)',
    ],
  ],
];

const NAMES: readonly Row[] = [
  [
    'the same host twice',
    { 'a.yaml': host('one'), 'b.yaml': host('one') },
    [
      'a.yaml:4:9: E_DUPLICATE_NAME metadata.name: Host one is also declared at b.yaml:4:9 (rename or remove one of them; until then what it declared last stays)',
      'b.yaml:4:9: E_DUPLICATE_NAME metadata.name: Host one is also declared at a.yaml:4:9 (rename or remove one of them; until then what it declared last stays)',
    ],
  ],
  [
    'the same app three times',
    { 'a.yaml': [app(''), app(''), app('')].join('---\n') },
    [
      'a.yaml:4:9: E_DUPLICATE_NAME metadata.name: App web is also declared at a.yaml:14:9 (rename or remove one of them; until then what it declared last stays)',
      'a.yaml:14:9: E_DUPLICATE_NAME metadata.name: App web is also declared at a.yaml:4:9 (rename or remove one of them; until then what it declared last stays)',
      'a.yaml:24:9: E_DUPLICATE_NAME metadata.name: App web is also declared at a.yaml:4:9 (rename or remove one of them; until then what it declared last stays)',
    ],
  ],
  [
    'an unknown user',
    {
      'r.yaml': manifest(
        'Role',
        'ops',
        'members: {users: [alise, bob]}\nrules:\n  - {resources: [apps], verbs: [read]}',
      ),
      'u.yaml': manifest('User', 'alice', ''),
    },
    [
      'r.yaml:6:21: E_USER_UNKNOWN spec.members.users[0]: the user "alise" is not declared (did you mean "alice"?)',
      'r.yaml:6:28: E_USER_UNKNOWN spec.members.users[1]: the user "bob" is not declared (declare it with kind: User)',
    ],
  ],
  [
    'an unknown project in a rule',
    {
      'r.yaml': manifest(
        'Role',
        'ops',
        'rules:\n  - {resources: [apps], verbs: [read], projects: [default, "*", shopp, nope]}',
      ),
      'p.yaml': project('shop', ''),
    },
    [
      'r.yaml:7:67: W_PROJECT_UNKNOWN spec.rules[0].projects[2]: the project "shopp" has neither a manifest nor an app (did you mean "shop"?)',
      'r.yaml:7:74: W_PROJECT_UNKNOWN spec.rules[0].projects[3]: the project "nope" has neither a manifest nor an app (declare it with kind: Project)',
    ],
  ],
  [
    'an unknown host in a project',
    { 'h.yaml': host('web-01'), 'p.yaml': project('p', 'hosts:\n  - web-01\n  - web-02\n  - zzz') },
    [
      'p.yaml:8:7: E_HOST_UNKNOWN spec.hosts[1]: the host "web-02" is not declared (did you mean "web-01"?)',
      'p.yaml:9:7: E_HOST_UNKNOWN spec.hosts[2]: the host "zzz" is not declared (declare it with kind: Host)',
    ],
  ],
];

describe.each([
  ['what a manifest is', ENVELOPE],
  ['its fields', FIELDS],
  ['names', NAMES],
])('%s, said at its place with what to do', (_what, rows) => {
  test.each(rows)('%s', async (_when, files, says) => {
    expect(said(await loadFiles(files))).toEqual(says);
  });
});

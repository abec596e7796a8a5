import { describe, expect, test } from 'vitest';
import { loadCompose } from '../compose/load-compose.ts';
import { SERVICE_SUPPORT } from '../compose/support.ts';
import type { ProjectDeclaration } from '../manifests/convert.ts';
import { checkPolicy } from './policy.ts';

function judge(keys: string, privileges: readonly string[] = []): string[] {
  const text = `services:\n  a:\n    image: x\n    ${keys}\n  b: {image: b}\n`;
  const { tree, issues } = loadCompose({
    files: ['/p/compose.yaml'],
    projectDirectory: '/p',
    readFile: (path) =>
      path === '/p/compose.yaml'
        ? { kind: 'file', bytes: new TextEncoder().encode(text) }
        : { kind: 'missing' },
  });
  expect(issues.filter(({ severity }) => severity === 'error')).toEqual([]);
  if (!tree) throw new Error('no tree');
  const project = { privileges } as unknown as ProjectDeclaration;
  return checkPolicy(tree, project, '').map(({ code, path }) => `${code} ${path}`);
}

const REFUSED = [
  ['privileged: true', 'P_PRIVILEGED services.a.privileged'],
  ['privileged: "true"', 'P_PRIVILEGED services.a.privileged'],
  ['pid: host', 'P_HOST_NAMESPACE services.a.pid'],
  ['ipc: host', 'P_HOST_NAMESPACE services.a.ipc'],
  ['uts: host', 'P_HOST_NAMESPACE services.a.uts'],
  ['cgroup: host', 'P_HOST_NAMESPACE services.a.cgroup'],
  ['userns_mode: host', 'P_HOST_NAMESPACE services.a.userns_mode'],
  ['network_mode: host', 'P_HOST_NAMESPACE services.a.network_mode'],
  ['network_mode: bridge', 'P_NETWORK services.a.network_mode'],
  ['network_mode: "container:x"', 'P_FOREIGN_CONTAINER services.a.network_mode'],
  ['pid: "container:x"', 'P_FOREIGN_CONTAINER services.a.pid'],
  ['volumes_from: ["container:x"]', 'P_FOREIGN_CONTAINER services.a.volumes_from[0]'],
  ['cap_add: [ALL]', 'P_CAP services.a.cap_add[0]'],
  ['cap_add: [CHOWN, cap_sys_admin]', 'P_CAP services.a.cap_add[1]'],
  ['security_opt: ["seccomp:unconfined"]', 'P_SECURITY_OPT services.a.security_opt[0]'],
  ['security_opt: ["no-new-privileges:false"]', 'P_SECURITY_OPT services.a.security_opt[0]'],
  ['devices: [/dev/sda]', 'P_DEVICE services.a.devices'],
  ['device_cgroup_rules: ["c 1:3 mr"]', 'P_DEVICE services.a.device_cgroup_rules'],
  ['gpus: all', 'P_DEVICE services.a.gpus'],
  [
    'deploy: {resources: {reservations: {devices: [{capabilities: [gpu]}]}}}',
    'P_DEVICE services.a.deploy.resources.reservations.devices',
  ],
  ['runtime: x', 'P_FIELD services.a.runtime'],
  ['cgroup_parent: x', 'P_FIELD services.a.cgroup_parent'],
  ['annotations: {a: b}', 'P_FIELD services.a.annotations'],
  ['storage_opt: {size: 1G}', 'P_FIELD services.a.storage_opt'],
  ['oom_score_adj: -1', 'P_FIELD services.a.oom_score_adj'],
  ['group_add: [docker]', 'P_FIELD services.a.group_add[0]'],
  ['group_add: [0]', 'P_FIELD services.a.group_add[0]'],
  ['sysctls: {kernel.core_pattern: x}', 'P_FIELD services.a.sysctls["kernel.core_pattern"]'],
  ['post_start: [{command: x, privileged: true}]', 'P_PRIVILEGED services.a.post_start[0]'],
  ['pre_stop: [{command: x, privileged: true}]', 'P_PRIVILEGED services.a.pre_stop[0]'],
] as const;

describe('what gives a container a hold on its host', () => {
  test.each(REFUSED)('%s is refused without the privilege', (keys, issue) => {
    expect(judge(keys)).toEqual([issue]);
  });

  test.each(REFUSED)('%s is allowed with it', (keys) => {
    expect(judge(keys, ['privileged'])).toEqual([]);
  });

  test('is what the table of what is supported calls guarded', () => {
    // Binds have a policy of their own; what `deploy` reserves is not the whole of it.
    const keys = REFUSED.map(([text]) => text.split(':', 1)[0] ?? '');
    const refused = new Set(['volumes', ...keys].filter((key) => key !== 'deploy'));
    const guarded = Object.entries(SERVICE_SUPPORT).filter(
      ([, one]) => one.container === 'guarded',
    );
    expect([...refused].sort()).toEqual(guarded.map(([key]) => key).sort());
  });
});

test.each([
  'privileged: false',
  'cap_add: [NET_BIND_SERVICE, CAP_CHOWN]',
  'cap_drop: [ALL]',
  'security_opt: [no-new-privileges, "no-new-privileges:true"]',
  'network_mode: "service:b"',
  'network_mode: none',
  'pid: "service:b"',
  'ipc: shareable',
  'volumes_from: [b]',
  'oom_score_adj: 500',
  'group_add: [1000]',
  'sysctls: {net.core.somaxconn: 1024, kernel.shmmax: 1}',
])('%s needs no privilege', (keys) => {
  expect(judge(keys)).toEqual([]);
});

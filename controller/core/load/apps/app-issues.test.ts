import { describe, expect, test } from 'vitest';
import { type FileContent, loadFiles, manifest, said } from '../testing/repository.ts';

type Row = readonly [
  when: string,
  files: Readonly<Record<string, FileContent>>,
  says: readonly string[],
];

const WEB = 'compose:\n  services:\n    web: {image: nginx}';
const app = (name: string, more = '') => manifest('App', name, `${WEB}\n${more}`);
const of = (project: string, text: string) =>
  text.replace('\n  name:', `\n  project: ${project}\n  name:`);
const host = (name: string, spec = '') => manifest('Host', name, spec);
const TWO_HOSTS = { 'h.yaml': `${host('web-01')}---\n${host('web-02')}` };
/** An App whose only service has these keys, and with these objects at the top level. */
const service = (name: string, keys: string, top = '') => {
  const text = `services:\n  web:\n    image: nginx\n${keys.replace(/^/gm, '    ')}\n${top}`;
  return manifest('App', name, `compose:\n${text.trimEnd().replace(/^/gm, '  ')}`);
};
const uses = (name: string, network: string, volume: string) =>
  service(
    name,
    'networks: [n]\nvolumes: ["vol:/data"]',
    `networks: {n: ${network}}\nvolumes: {vol: ${volume}}\n`,
  );
const SHARED = ['{name: shared}', '{name: data}'] as const;
const EXTERNAL = ['{name: shared, external: true}', '{name: data, external: true}'] as const;

const HOSTS: readonly Row[] = [
  [
    'an unknown host',
    { ...TWO_HOSTS, 'a.yaml': app('web', 'hosts: [web-1, db]') },
    [
      'a.yaml:9:11: E_HOST_UNKNOWN spec.hosts[0]: the host "web-1" is not declared (did you mean "web-01"?)',
      'a.yaml:9:18: E_HOST_UNKNOWN spec.hosts[1]: the host "db" is not declared (declare it with kind: Host)',
    ],
  ],
  [
    'a host of others',
    {
      ...TWO_HOSTS,
      'p.yaml': manifest('Project', 'default', 'hosts: [web-01]'),
      'a.yaml': app('web', 'hosts: [web-02]'),
    },
    [
      'a.yaml:9:11: E_HOST_NOT_ALLOWED spec.hosts[0]: the project default may not use the host web-02 (add it to spec.hosts of the Project)',
    ],
  ],
  [
    'no choice among two',
    { ...TWO_HOSTS, 'a.yaml': app('web') },
    [
      'a.yaml:4:9: E_HOST_REQUIRED spec.hosts: hosts is missing, and 2 hosts are declared for the project (name the hosts: hosts: [NAME], or hostSelector: {LABEL: VALUE})',
    ],
  ],
  [
    'a selector that fits nothing',
    {
      ...TWO_HOSTS,
      'a.yaml': app('web', 'hostSelector: {disk: ssd}'),
    },
    [
      'a.yaml:9:17: E_HOST_REQUIRED spec.hostSelector: no host has the labels disk=ssd (hosts have their labels from spec.labels of kind: Host)',
    ],
  ],
  [
    'a selector that fits others only',
    {
      'h.yaml': `${host('web-01')}---\n${host('web-02', 'labels: {disk: ssd}')}`,
      'p.yaml': manifest('Project', 'default', 'hosts: [web-01]'),
      'a.yaml': app('web', 'hostSelector: {disk: ssd}'),
    },
    [
      'a.yaml:9:17: E_HOST_REQUIRED spec.hostSelector: no host of the project has the labels disk=ssd (hosts have their labels from spec.labels of kind: Host)',
    ],
  ],
];

const TOGETHER: readonly Row[] = [
  [
    'an unknown dependency',
    { 'a.yaml': app('web', 'dependsOn: [wep, other/thing]'), 'b.yaml': app('wap') },
    [
      'a.yaml:9:15: E_APP_UNKNOWN spec.dependsOn[0]: the app default/wep is not declared (did you mean "default/wap"?)',
      'a.yaml:9:20: E_APP_UNKNOWN spec.dependsOn[1]: the app other/thing is not declared (name an App: NAME of this project, or PROJECT/NAME)',
    ],
  ],
  [
    'a circle of three',
    {
      'a.yaml': app('web', 'dependsOn: [db]'),
      'b.yaml': app('db', 'dependsOn: [cache]'),
      'c.yaml': app('cache', 'dependsOn: [web]'),
    },
    [
      'c.yaml:9:15: E_DEPENDENCY_CYCLE spec.dependsOn: apps wait for each other: default/cache -> default/web -> default/db -> default/cache (take one of these out of spec.dependsOn)',
    ],
  ],
  [
    'an app that waits for itself',
    { 'a.yaml': app('web', 'dependsOn: [web]') },
    [
      'a.yaml:9:15: E_DEPENDENCY_CYCLE spec.dependsOn: apps wait for each other: default/web -> default/web (take one of these out of spec.dependsOn)',
    ],
  ],
  [
    'one container name twice',
    {
      'a.yaml': service('web', 'container_name: same'),
      'b.yaml': service('api', 'container_name: same'),
    },
    [
      'a.yaml:10:25: E_CONTAINER_NAME spec.compose.services.web.container_name: the container name same is also that of default/api (b.yaml:10:25) on host local (container names are unique on a host)',
      'b.yaml:10:25: E_CONTAINER_NAME spec.compose.services.web.container_name: the container name same is also that of default/web (a.yaml:10:25) on host local (container names are unique on a host)',
    ],
  ],
  [
    'a name that others get',
    { 'a.yaml': service('web', 'container_name: api-web-1'), 'b.yaml': app('api') },
    [
      'a.yaml:10:25: E_CONTAINER_NAME spec.compose.services.web.container_name: a container of default/api gets the name api-web-1 by itself on host local (choose another container_name)',
    ],
  ],
  [
    'a name of several',
    { 'a.yaml': service('web', 'container_name: same\ndeploy: {replicas: 2}') },
    [
      'a.yaml:10:25: E_CONTAINER_NAME spec.compose.services.web.container_name: 2 containers cannot have one name (leave container_name out)',
    ],
  ],
  [
    'one engine project twice',
    { 'a.yaml': app('web', 'projectName: x'), 'b.yaml': app('x') },
    [
      'a.yaml:4:9: E_PROJECT_NAME_TAKEN spec.projectName: the engine project name x is also that of default/x (b.yaml:4:9) on host local (set spec.projectName of one of them)',
      'a.yaml:7:5: E_NAME_TAKEN spec.compose.networks.default: the network x_default is also that of default/x (b.yaml:7:5) on host local (let one app make it, and the other use it with external: true)',
      'b.yaml:4:9: E_PROJECT_NAME_TAKEN spec.projectName: the engine project name x is also that of default/web (a.yaml:4:9) on host local (set spec.projectName of one of them)',
      'b.yaml:7:5: E_NAME_TAKEN spec.compose.networks.default: the network x_default is also that of default/web (a.yaml:7:5) on host local (let one app make it, and the other use it with external: true)',
    ],
  ],
  [
    'one network and one volume twice',
    { 'a.yaml': uses('web', ...SHARED), 'b.yaml': uses('api', ...SHARED) },
    [
      'a.yaml:12:16: E_NAME_TAKEN spec.compose.networks.n: the network shared is also that of default/api (b.yaml:12:16) on host local (let one app make it, and the other use it with external: true)',
      'a.yaml:13:15: E_NAME_TAKEN spec.compose.volumes.vol: the volume data is also that of default/api (b.yaml:13:15) on host local (let one app make it, and the other use it with external: true)',
      'b.yaml:12:16: E_NAME_TAKEN spec.compose.networks.n: the network shared is also that of default/web (a.yaml:12:16) on host local (let one app make it, and the other use it with external: true)',
      'b.yaml:13:15: E_NAME_TAKEN spec.compose.volumes.vol: the volume data is also that of default/web (a.yaml:13:15) on host local (let one app make it, and the other use it with external: true)',
    ],
  ],
  [
    'objects of another project',
    { 'a.yaml': uses('web', ...SHARED), 'b.yaml': of('other', uses('api', ...EXTERNAL)) },
    [
      'b.yaml:13:16: P_FOREIGN_OBJECT spec.compose.networks.n: the network shared belongs to another project (only apps of one project can share a network)',
      'b.yaml:14:15: P_FOREIGN_OBJECT spec.compose.volumes.vol: the volume data belongs to another project (only apps of one project can share a volume)',
    ],
  ],
  [
    'one host port twice',
    {
      'a.yaml': service('web', 'ports: ["8080:80"]'),
      'b.yaml': service('api', 'ports: ["127.0.0.1:8080:80"]'),
    },
    [
      'a.yaml:10:17: E_PORT_CONFLICT spec.compose.services.web.ports[0]: port 8080/tcp of host local is also published by service web of default/api (b.yaml:10:17) (publish another host port, or give each an address of its own)',
      'b.yaml:10:17: E_PORT_CONFLICT spec.compose.services.web.ports[0]: port 8080/tcp of host local is also published by service web of default/web (a.yaml:10:17) (publish another host port, or give each an address of its own)',
    ],
  ],
  [
    'one host port of several',
    { 'a.yaml': service('web', 'deploy: {replicas: 2}\nports: ["80:80", "90-91:81"]') },
    [
      'a.yaml:11:17: E_PORT_CONFLICT spec.compose.services.web.ports[0]: host port 80 with 2 replicas: only one can have it (publish a range, or leave the host port out)',
    ],
  ],
];

const POLICY: readonly Row[] = [
  [
    'host paths',
    {
      'a.yaml': service(
        'web',
        'volumes: ["/etc/nginx:/x:ro", "/var/run/docker.sock:/s", "/run:/r"]',
      ),
    },
    [
      'a.yaml:10:19: P_BIND spec.compose.services.web.volumes[0]: the host path /etc/nginx may not be mounted (a Project can allow it: spec.privileges: [bind:/etc/nginx])',
      'a.yaml:10:39: P_DOCKER_SOCKET spec.compose.services.web.volumes[1]: the host path /var/run/docker.sock may not be mounted (a Project can allow it: spec.privileges: [docker-socket])',
      'a.yaml:10:66: P_DOCKER_SOCKET spec.compose.services.web.volumes[2]: the host path /run may not be mounted (a Project can allow it: spec.privileges: [bind:/run])',
    ],
  ],
  [
    "the engine's networks",
    { 'a.yaml': service('web', 'networks: [n]', 'networks: {n: {name: bridge, external: true}}') },
    [
      "a.yaml:11:26: P_NETWORK spec.compose.networks.n.name: apps may not join the engine's network bridge (let the app have a network of its own: leave external and name out)",
    ],
  ],
  [
    'labels of skep and of Compose',
    {
      'a.yaml': service(
        'web',
        'labels: {com.docker.compose.project: x, SKEP.app: y, my.skep: z}\nvolumes: ["vol:/v"]',
        'volumes: {vol: {labels: {skep.owner: me}}}\nnetworks: {default: {labels: ["com.docker.swarm.x=y"]}}',
      ),
    },
    [
      'a.yaml:10:18: P_RESERVED_LABEL spec.compose.services.web.labels["com.docker.compose.project"]: labels that begin with com.docker.compose. are set by skep or the engine alone (rename the label)',
      'a.yaml:10:49: P_RESERVED_LABEL spec.compose.services.web.labels["SKEP.app"]: labels that begin with skep. are set by skep or the engine alone (rename the label)',
      'a.yaml:12:30: P_RESERVED_LABEL spec.compose.volumes.vol.labels["skep.owner"]: labels that begin with skep. are set by skep or the engine alone (rename the label)',
      'a.yaml:13:35: P_RESERVED_LABEL spec.compose.networks.default.labels["com.docker.swarm.x"]: labels that begin with com.docker.swarm. are set by skep or the engine alone (rename the label)',
    ],
  ],
  [
    'a volume that is a bind',
    {
      'a.yaml': service(
        'web',
        'volumes: ["vol:/v"]',
        'volumes: {vol: {driver_opts: {type: none, o: bind, device: /etc}}}',
      ),
    },
    [
      'a.yaml:11:34: P_VOLUME_DRIVER_OPTS spec.compose.volumes.vol.driver_opts: driver_opts of a local volume can mount any path of the host (a Project can allow it: spec.privileges: [volume-driver-opts])',
    ],
  ],
];

describe.each([
  ['the hosts of an app', HOSTS],
  ['apps beside each other', TOGETHER],
  ['what apps may not do', POLICY],
])('%s, said at its place with what to do', (_what, rows) => {
  test.each(rows)('%s', async (_when, files, says) => {
    expect(said(await loadFiles(files))).toEqual(says);
  });
});

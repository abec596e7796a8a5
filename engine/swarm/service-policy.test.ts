import { expect, it } from 'vitest';
import { checkServiceBody } from './service-policy.ts';

const body = (ContainerSpec: object) => ({ TaskTemplate: { ContainerSpec } });
const policy = { allowPrivileged: false, denyBinds: ['/etc/skep'] };
const codes = (container: object, allowPrivileged = false) =>
  checkServiceBody(body(container), { ...policy, allowPrivileged }).map(({ code }) => code);

it.each<[object, readonly string[]]>([
  [{ Image: 'a', Env: ['A=1'], Mounts: [{ Type: 'volume', Source: 'd' }] }, []],
  [{ Mounts: [{ Type: 'bind', Source: '/etc/skep/policy' }] }, ['P_BIND']],
  [
    {
      Mounts: [
        {
          Type: 'volume',
          VolumeOptions: { DriverConfig: { Options: { o: 'bind', device: '/etc' } } },
        },
      ],
    },
    ['P_VOLUME_DRIVER_OPTS'],
  ],
  [{ CapabilityAdd: ['CAP_SYS_ADMIN'] }, ['P_PRIVILEGED']],
  [{ Novelty: true }, ['P_FIELD']],
])('a service that asks for %j is judged %j', (container, expected) => {
  expect(codes(container)).toEqual(expected);
});

it('gives powers where the host allows them', () => {
  expect(codes({ CapabilityAdd: ['CAP_KILL'] }, true)).toEqual([]);
  expect(checkServiceBody({}, policy)).toEqual([]);
});

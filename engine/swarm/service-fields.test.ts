import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ServiceFields } from '../../schemas/domain/index.ts';
import { appliedLabel, parseApplied } from './applied.ts';
import { compareFields } from './compare-fields.ts';
import { fieldText } from './field-words.ts';
import { type ServiceSpecJson, serviceFields } from './service-fields.ts';

const context = { salt: 'salt', networkName: (target: string) => target };
const fieldsOf = (spec: ServiceSpecJson) => serviceFields(spec, context);

const container = (ContainerSpec: object): ServiceSpecJson => ({ TaskTemplate: { ContainerSpec } });

describe('the fields of a service', () => {
  it('leaves out what the engine does by itself, and nothing that says otherwise', () => {
    const said = {
      ...container({
        Image: 'a',
        Init: null,
        StopGracePeriod: 10e9,
        Isolation: 'default',
        Env: [],
      }),
      UpdateConfig: { Parallelism: 1, FailureAction: 'pause', Monitor: 5e9, MaxFailureRatio: 0 },
    };
    expect(fieldsOf(said)).toEqual({
      'ContainerSpec.Image': '"a"',
      Mode: '"Replicated"',
      'Mode.Replicas': '1',
    });
    const otherwise = {
      ...container({ Init: false, StopGracePeriod: 0 }),
      Mode: { Replicated: { Replicas: 0 } },
      UpdateConfig: { Parallelism: 0 },
    };
    expect(fieldsOf(otherwise)).toEqual({
      'ContainerSpec.Init': 'false',
      'ContainerSpec.StopGracePeriod': '0',
      Mode: '"Replicated"',
      'Mode.Replicas': '0',
      'UpdateConfig.Parallelism': '0',
    });
  });

  it('tells things with a name one by one, in no order', () => {
    const one = container({
      Env: ['B=2', 'A=1', 'C'],
      Mounts: [{ Target: '/a' }, { Target: '/b' }],
    });
    const two = container({
      Env: ['A=1', 'C', 'B=2'],
      Mounts: [{ Target: '/b' }, { Target: '/a' }],
    });
    expect(fieldsOf(one)).toEqual(fieldsOf(two));
    expect(Object.keys(fieldsOf(one))).toContain('ContainerSpec.Env.C');
  });

  it('knows jobs, ports, platforms and files by their meaning', () => {
    expect(
      fieldsOf({
        TaskTemplate: {
          ContainerSpec: {
            Configs: [
              { File: { Name: '/c', UID: '0', GID: '0', Mode: 1 }, ConfigID: 'x', ConfigName: 'n' },
              { Runtime: {}, ConfigName: 'r' },
            ],
          },
          Placement: { Platforms: [{ OS: 'linux', Architecture: 'amd64' }] },
        },
        Mode: { ReplicatedJob: { MaxConcurrent: 2 } },
        EndpointSpec: { Ports: [{ TargetPort: 80, PublishedPort: 8080 }] },
      }),
    ).toEqual({
      'ContainerSpec.Configs./c': '["n","0","0",1]',
      'ContainerSpec.Configs.runtime r': '"runtime"',
      'EndpointSpec.Ports.80/tcp 8080': '"ingress"',
      Mode: '"ReplicatedJob"',
      'Mode.MaxConcurrent': '2',
      'Mode.TotalCompletions': '2',
      'Placement.Platforms.linux/amd64': 'true',
    });
  });

  it('tells an environment value by a keyed hash, and a long one by its hash', () => {
    const spec = container({ Env: ['A=secret'], Args: ['x'.repeat(600)] });
    const fields = fieldsOf(spec);
    expect(JSON.stringify(fields)).not.toContain('secret');
    expect(fields['ContainerSpec.Args']).toMatch(/^sha256:/);
    const other = serviceFields(spec, { ...context, salt: 'other' });
    expect(other['ContainerSpec.Env.A']).not.toBe(fields['ContainerSpec.Env.A']);
  });

  it('passes over labels of ours and what forces an update', () => {
    const spec = { TaskTemplate: { ForceUpdate: 3 }, Labels: { 'skep.app': 'a/b', mine: '1' } };
    expect(Object.keys(fieldsOf(spec))).toEqual(['Labels.mine', 'Mode', 'Mode.Replicas']);
  });

  it('keeps members that nobody here has heard of', () => {
    expect(fieldsOf(container({ Novelty: { Level: 2 } }))).toMatchObject({
      'ContainerSpec.Novelty.Level': '2',
    });
  });
});

const fieldMap: fc.Arbitrary<ServiceFields> = fc.dictionary(
  fc.constantFrom('a', 'b', 'c', 'd.e', 'f'),
  fc.constantFrom('1', '2', '"x"'),
);

describe('laws of the three-way compare', () => {
  it('finds nothing where what is observed is as asked, whatever was applied', () => {
    fc.assert(
      fc.property(fieldMap, fieldMap, (fields, applied) => {
        const was = parseApplied(appliedLabel(applied));
        expect(compareFields(fields, fields, was)).toEqual([]);
      }),
    );
  });

  it('calls it drift where git asks for what was applied, and change where nobody moved it', () => {
    fc.assert(
      fc.property(fieldMap, fieldMap, (applied, other) => {
        const was = parseApplied(appliedLabel(applied));
        for (const { reason } of compareFields(other, applied, was)) expect(reason).toBe('drift');
        for (const { reason } of compareFields(applied, other, was)) expect(reason).toBe('change');
      }),
    );
  });

  it('names every field that differs, once', () => {
    fc.assert(
      fc.property(fieldMap, fieldMap, (observed, desired) => {
        const paths = compareFields(observed, desired, undefined).map(({ path }) => path);
        const differing = [...new Set([...Object.keys(observed), ...Object.keys(desired)])].filter(
          (path) => observed[path] !== desired[path],
        );
        expect(paths).toEqual(differing.sort());
      }),
    );
  });

  it('calls everything a change where nothing can be read of what was applied', () => {
    expect(parseApplied('')).toBeUndefined();
    expect(compareFields({ a: '1' }, {}, undefined)[0]?.reason).toBe('change');
  });
});

describe('what is said of a field', () => {
  it.each([
    ['ContainerSpec.Image', '"a:1"', '"a:2"', 'image: a:1 -> a:2'],
    ['Mode.Replicas', '1', '3', 'replicas: 1 -> 3'],
    ['ContainerSpec.Env.A', 'x', 'y', 'environment A changed'],
    ['ContainerSpec.Env.A', undefined, 'y', 'environment A added'],
    ['ContainerSpec.Env.A', 'x', undefined, 'environment A removed'],
    ['ContainerSpec.Novelty', 'true', undefined, 'ContainerSpec.Novelty: true -> unset'],
    [
      'RestartPolicy.Delay',
      '"sha256:x"',
      'sha256:y',
      'deploy.restart_policy Delay: sha256:x -> another value',
    ],
    [
      'ContainerSpec.Args',
      `"${'y'.repeat(99)}"`,
      undefined,
      `command: ${'y'.repeat(80)}… -> unset`,
    ],
  ])('%s from %s to %s', (path, observed, desired, expected) => {
    expect(fieldText({ path, observed, desired, reason: 'change' })).toBe(expected);
  });

  it('is no value where one of the two holds a secret', () => {
    const change = { path: 'ContainerSpec.Args', observed: '"old"', desired: '"hush"' } as const;
    const text = fieldText({ ...change, reason: 'change' }, (value) => value.includes('hush'));
    expect(text).toBe('command changed');
  });
});

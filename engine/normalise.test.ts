import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  isOwned,
  observedContainer,
  observedImage,
  observedNetwork,
  observedStranger,
  observedVolume,
} from './normalise.ts';

/** Answers of Docker 20.10, 26.1 and 28.5 about the same objects. */
interface Recording {
  readonly apiVersion: string;
  readonly container: object;
  readonly stranger: object;
  readonly listed: readonly object[];
  readonly network: object;
  readonly volume: object;
  readonly image: object;
  readonly images: readonly object[];
}

const recordings = ['1.41', '1.45', '1.51'].map(
  (version): Recording =>
    JSON.parse(
      readFileSync(join(import.meta.dirname, 'fixtures', `engine-${version}.json`), 'utf8'),
    ) as Recording,
);

describe.each(recordings)('an engine of API $apiVersion', (recorded) => {
  it('shows a container of ours alike', () => {
    const container = observedContainer(recorded.container);
    expect(container).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{64}$/),
      name: 'shop-web-1',
      owner: {
        installation: '0123456789abcdef',
        app: 'shop/web',
        service: 'web',
        number: 1,
        specHash: 'v1:a',
      },
      recorded: false,
      imageId: expect.stringMatching(/^sha256:/),
      image: 'skep-test/app:1',
      state: 'running',
      exitCode: 0,
      oomKilled: false,
      error: '',
      restartCount: 0,
      startedAt: expect.stringMatching(/^\d{4}-/),
      health: 'unhealthy',
      healthOutput: 'refused\n',
      stopTimeoutS: 7,
      mutable: {
        nanoCpus: 500_000_000,
        memory: 67_108_864,
        memoryReservation: 0,
        memorySwap: 134_217_728,
        pidsLimit: 50,
        cpuShares: 0,
        cpusetCpus: '',
        cpuPeriod: 0,
        cpuQuota: 0,
        cpuRealtimePeriod: 0,
        cpuRealtimeRuntime: 0,
        blkioWeight: 0,
        restartPolicy: 'on-failure',
        restartMaximum: 3,
      },
      joined: [],
      networks: [
        {
          name: 'shop_back',
          id: expect.stringMatching(/^[0-9a-f]{64}$/),
          aliases: ['api', 'shop-web-1', 'web'],
          address: expect.stringMatching(/^\d+\.\d+\.\d+\.\d+$/),
          ipv4: '',
          ipv6: '',
        },
        {
          name: 'shop_front',
          id: expect.stringMatching(/^[0-9a-f]{64}$/),
          aliases: ['shop-web-1', 'web'],
          address: expect.stringMatching(/^\d+\.\d+\.\d+\.\d+$/),
          ipv4: '',
          ipv6: '',
        },
      ],
      ports: expect.arrayContaining([{ address: '0.0.0.0', port: 48_222, protocol: 'tcp' }]),
      sinceMs: 0,
    });
  });

  it('shows a stranger alike by list and by inspection, and no more than is needed', () => {
    const inspected = observedContainer(recorded.stranger);
    expect(inspected).toMatchObject({
      name: 'theirs',
      state: 'running',
      image: '',
      ports: [{ address: '127.0.0.1', port: 48_223, protocol: 'udp' }],
    });
    const strangers = recorded.listed.filter((entry) => !isOwned(entry));
    expect(strangers.map(observedStranger)).toEqual([inspected]);
  });

  it('never shows environment values', () => {
    const all = [recorded.container, recorded.stranger].map((one) => observedContainer(one));
    expect(JSON.stringify(recorded)).toContain('s3cret');
    expect(JSON.stringify(all)).not.toContain('s3cret');
  });

  it('shows networks, volumes and images alike', () => {
    expect(observedNetwork(recorded.network)).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{64}$/),
      name: 'shop_back',
      driver: 'bridge',
      scope: 'local',
      owner: {
        installation: '0123456789abcdef',
        app: 'shop/web',
        object: 'back',
        specHash: 'v1:n',
      },
    });
    expect(observedVolume(recorded.volume)).toEqual({ name: 'shop_data', driver: 'local' });
    const image = observedImage(recorded.image);
    expect(image).toMatchObject({ tags: ['skep-test/app:1'], os: 'linux', architecture: 'amd64' });
    const listed = { ...recorded.images[0], Os: 'linux', Architecture: 'amd64' };
    expect(observedImage(listed)).toEqual(image);
  });
});

describe('what engines leave out', () => {
  it('is read as nothing', () => {
    expect(observedContainer({})).toMatchObject({ id: '', state: 'dead', ports: [] });
    expect(observedStranger({ Names: null, Ports: null })).toMatchObject({ name: '', ports: [] });
    expect(observedImage({ RepoTags: null, RepoDigests: null })).toMatchObject({ tags: [] });
    expect(observedNetwork({ Labels: null })).toEqual({ id: '', name: '', driver: '', scope: '' });
    expect(observedVolume({})).toEqual({ name: '', driver: '' });
  });

  it('covers names that images do not have', () => {
    const image = observedImage({ RepoTags: ['<none>:<none>'], RepoDigests: ['<none>@<none>'] });
    expect(image).toMatchObject({ tags: [], digests: [] });
  });

  it('leaves no unlimited number of processes in three spellings', () => {
    const Labels = { 'skep.installation': 'i', 'skep.app': 'a/b' };
    for (const PidsLimit of [null, 0, -1]) {
      const container = observedContainer({ Config: { Labels }, HostConfig: { PidsLimit } });
      expect(container.mutable.pidsLimit).toBe(0);
    }
  });

  it('does not let a probe’s output grow', () => {
    const Labels = { 'skep.installation': 'i', 'skep.app': 'a/b' };
    const Health = { Status: 'unhealthy', Log: [{ ExitCode: 1, Output: 'x'.repeat(5000) }] };
    const container = observedContainer({ Config: { Labels }, State: { Health } });
    expect(container.healthOutput).toHaveLength(1024);
  });
});

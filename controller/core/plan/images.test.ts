import { describe, expect, it } from 'vitest';
import type { ObservedImage } from '../../../schemas/domain/index.ts';
import { aModel, anImage, INSTALLATION } from '../../testing/builders.ts';
import { Scene } from '../../testing/scene.ts';
import { repositoryOf } from './images.ts';
import { runningLocks } from './running-locks.ts';

const ARM = { architecture: 'arm64' };
const put = (scene: Scene, image: ObservedImage) => scene.engine.images.set('web:1', image);
const kinds = (scene: Scene) => scene.plan().plan.operations.map(({ kind }) => kind);

describe('an image that is not on the host', () => {
  it('is not pulled where pull_policy is never: the old one runs on, and the reason is told', () => {
    const scene = new Scene().converge();
    scene.change(aModel({ web: { image: 'web:2', pull_policy: 'never' } }));
    scene.engine.images.delete('web:2');
    const { plan } = scene.plan();
    expect(plan.operations).toEqual([]);
    expect(plan.blockers).toEqual([
      {
        reason: 'ImageNotFound',
        message: 'web:2 is not on the host, and its pull_policy is never',
        service: 'web',
      },
    ]);
    scene.addImages();
    scene.converge();
    expect(scene.engine.named('shop-web-1').image).toBe('web:2');
  });
});

describe('an image for another platform', () => {
  it('stops nothing and says so, where no platform is asked for', () => {
    const scene = new Scene().converge();
    scene.change(aModel({ web: { image: 'web:2' } }));
    scene.engine.images.set('web:2', anImage('web:2', ARM));
    const { plan } = scene.plan();
    expect(plan.operations).toEqual([]);
    expect(plan.blockers).toMatchObject([{ reason: 'PlatformMismatch', service: 'web' }]);
    expect(plan.blockers[0]?.message).toContain(
      'web:2 is for linux/arm64, this host is linux/amd64',
    );
  });

  it('is no reason to touch what runs already', () => {
    const scene = new Scene().converge();
    put(scene, anImage('web:1', ARM));
    expect(scene.plan().plan).toMatchObject({ operations: [], blockers: [] });
  });

  it('is taken where that platform is asked for, and else pulled for it', () => {
    const scene = new Scene(aModel({ web: { platform: 'linux/arm64/v8' } }));
    expect(scene.plan().plan.operations[0]).toMatchObject({
      kind: 'pull-image',
      reference: 'web:1',
      platform: 'linux/arm64/v8',
    });
    put(scene, anImage('web:1', ARM));
    expect(kinds(scene)).not.toContain('pull-image');
    expect(scene.plan().plan.blockers).toEqual([]);
  });
});

describe('a lock', () => {
  it('that names another image than the tag does here is pulled before anything is stopped', () => {
    const scene = new Scene().converge();
    scene.locks = { 'web:1': 'web@sha256:new' };
    const { plan } = scene.plan();
    expect(plan.provisional).toBe(true);
    expect(plan.operations[0]).toMatchObject({
      kind: 'pull-image',
      reference: 'web@sha256:new',
      cause: 'its tag means another image now',
    });
    expect(plan.changes).toMatchObject([{ service: 'web', action: 'replace' }]);
    expect(plan.changes[0]?.cause).toContain('web@sha256:new');
  });

  it('of an image under a long spelling of Docker Hub is its digest there', () => {
    const scene = new Scene(aModel({ web: { image: 'docker.io/library/web:1' } }));
    scene.engine.images.set(
      'docker.io/library/web:1',
      anImage('docker.io/library/web:1', { digests: ['web@sha256:a'] }),
    );
    expect(scene.plan().locks).toEqual({ 'docker.io/library/web:1': 'web@sha256:a' });
    expect(repositoryOf('docker.io/library/web:1@sha256:a')).toBe('web');
    expect(repositoryOf('docker.io/team/web')).toBe('team/web');
    expect(repositoryOf('host:5000/library/web:1')).toBe('host:5000/library/web');
  });
});

describe('locks that nobody remembers', () => {
  const told = (scene: Scene) =>
    runningLocks({
      installation: INSTALLATION,
      app: scene.app,
      unit: scene.unit,
      observed: scene.observed(),
    });

  it('are told by what runs as it is asked for, whatever the tag means by now', () => {
    const scene = new Scene();
    const first = anImage('web:1', { digests: ['web@sha256:1'] });
    put(scene, first);
    scene.converge();
    const old = { ...first, tags: [] };
    scene.engine.images.set('old', old);
    put(scene, anImage('web:1', { id: 'sha256:moved', digests: ['web@sha256:2'] }));
    expect(told(scene)).toEqual({ 'web:1': 'web@sha256:1' });
    scene.engine.images.delete('old');
    expect(told(scene)).toEqual({ 'web:1': old.id });
  });

  it('are not told by containers of another spec, nor by none', () => {
    expect(told(new Scene())).toEqual({});
    const scene = new Scene().converge();
    scene.change(aModel({ web: { environment: { A: 'b' } } }));
    expect(told(scene)).toEqual({});
  });
});

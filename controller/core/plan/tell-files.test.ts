import { describe, expect, it } from 'vitest';
import { type OnChange, sha256 } from '../../../schemas/domain/index.ts';
import { aModel } from '../../testing/builders.ts';
import { Scene } from '../../testing/scene.ts';

const NGINX = 'repo:/web/nginx.conf';

function model(onChange: OnChange | undefined, more: object = {}) {
  return aModel({
    web: {
      volumes: [{ type: 'bind', source: NGINX, target: '/etc/nginx.conf', read_only: true }],
      ...(onChange && { 'x-skep': { onChange } }),
      ...more,
    },
    db: {},
  });
}

/** The unit with other bytes behind its file: what a commit to it makes. */
function withContent(scene: Scene, text: string): Scene {
  const file = { sha256: sha256(text), size: text.length, executable: false };
  scene.unit = { ...scene.unit, files: new Map([[NGINX, file]]), fingerprint: sha256(text) };
  return scene;
}

function deployed(onChange: OnChange | undefined, more: object = {}): Scene {
  const scene = withContent(new Scene(model(onChange, more)), 'one').converge();
  scene.engine.calls.length = 0;
  return scene;
}

describe('a changed file', () => {
  it.each([
    [{ signal: 'SIGHUP' }, 'signal shop-web-1 SIGHUP'],
    [{ signal: 'USR1' }, 'signal shop-web-1 SIGUSR1'],
    [{ exec: ['nginx', '-s', 'reload'] }, 'exec shop-web-1 nginx -s reload'],
    ['none' as const, 'note-files shop-web-1'],
  ])('with onChange %j is told to its users alone, once', (onChange, line) => {
    const scene = withContent(deployed(onChange), 'two');
    expect(scene.text()).toBe(
      `default/shop on web-01: 3 operations
  web: reload: web/nginx.conf changed
    downtime: no
  1. put-file web/nginx.conf (mounted by web)
  2. put-tree web:/etc/nginx.conf (mounted by web)
  3. ${line} (web/nginx.conf changed)
`,
    );
    const container = scene.engine.named('shop-web-1').id;
    scene.converge();
    expect(scene.engine.calls).toHaveLength(3);
    expect(scene.engine.named('shop-web-1').id).toBe(container);
    expect(scene.plan().plan.operations).toEqual([]);
  });

  it('is told again where the content came back', () => {
    const scene = deployed({ signal: 'SIGHUP' });
    withContent(scene, 'two').converge();
    withContent(scene, 'one').converge();
    expect(scene.engine.calls.filter((call) => call.startsWith('apply-files'))).toHaveLength(2);
  });

  it('restarts replicas one after another, each once the one before is ready', () => {
    const scene = withContent(deployed('restart', { deploy: { replicas: 2 } }), 'two');
    expect(scene.text()).toContain('downtime: no');
    const lines = scene.text().split('\n').slice(5, -1);
    expect(lines).toEqual([
      '  3. restart shop-web-1 (web/nginx.conf changed)',
      '  4. await-container shop-web-1 ready (until it is ready)',
      '  5. restart shop-web-2 (web/nginx.conf changed)',
    ]);
    scene.converge();
    expect(scene.plan().plan.operations).toEqual([]);
  });

  it('restarts the only replica with a moment of downtime', () => {
    const text = withContent(deployed('restart'), 'two').text();
    expect(text).toContain('downtime: yes (it is restarted)');
    expect(text).toContain('3. restart shop-web-1 (web/nginx.conf changed)');
  });

  it('replaces the container where nothing is said', () => {
    const scene = withContent(deployed(undefined), 'two');
    expect(scene.text()).toContain('web: replace: ');
    const container = scene.engine.named('shop-web-1').id;
    scene.converge();
    expect(scene.engine.named('shop-web-1').id).not.toBe(container);
  });

  it('goes on where a crash cut it off, wherever that was', () => {
    for (let limit = 0; limit <= 3; limit += 1) {
      const scene = withContent(deployed({ signal: 'SIGHUP' }), 'two')
        .crashAfter(limit)
        .converge();
      const told = scene.engine.calls.filter((call) => call.startsWith('apply-files'));
      expect(told).toEqual(['apply-files shop-web-1']);
    }
  });

  it('is not told to a container that is started anyway', () => {
    const scene = withContent(deployed({ exec: ['reload'] }, { restart: 'always' }), 'two');
    Object.assign(scene.engine.named('shop-web-1'), { state: 'exited', exitCode: 1 });
    expect(scene.text()).toContain('note-files shop-web-1');
    expect(scene.text()).not.toContain('exec shop-web-1');
    scene.converge();
    expect(scene.plan().plan.operations).toEqual([]);
  });

  it('says what is gone, and counts what is too much to name', () => {
    const scene = deployed({ signal: 'SIGHUP' });
    const record = Object.fromEntries('abcde'.split('').map((name) => [`/${name}`, 'x']));
    scene.engine.named('shop-web-1').files = { record, error: '' };
    expect(scene.text()).toContain(
      '(web/nginx.conf changed, the file at /a is gone, the file at /b is gone, and 3 more)',
    );
  });

  it('that nobody is told of leaves an unrelated service alone', () => {
    const scene = withContent(deployed({ signal: 'SIGHUP' }), 'two');
    const services = scene.plan().plan.operations.map(({ service }) => service);
    expect(new Set(services)).toEqual(new Set(['web']));
  });
});

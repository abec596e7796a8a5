import { describe, expect, it } from 'vitest';
import type { ComposeService } from '../../../schemas/domain/index.ts';
import { aModel } from '../../testing/builders.ts';
import { Scene } from '../../testing/scene.ts';

/** `app` lives in the network of `vpn`. */
const model = (vpn: Partial<ComposeService> = {}, app: Partial<ComposeService> = {}) => {
  const { networks: _none, ...alone } = {
    image: 'app:1',
    restart: 'no',
    network_mode: 'service:vpn',
    networks: undefined,
    ...app,
  };
  const whole = aModel({ vpn });
  return { ...whole, services: { ...whole.services, app: alone } };
};

describe('a service that lives in the container of another one', () => {
  it('is made after it', () => {
    const scene = new Scene(model());
    const { operations } = scene.plan().plan;
    const created = operations.find(({ id }) => id === 'create-container shop-app-1');
    expect(created?.dependsOn).toContain('start-container shop-vpn-1');
    expect(scene.converge().text()).toContain('no changes');
  });

  it('goes with it', () => {
    const scene = new Scene(model()).converge().change(model({ environment: { A: '1' } }));
    expect(scene.text()).toContain('app: replace: vpn, in whose container it lives, is replaced\n');
    expect(scene.converge().text()).toContain('no changes');
    const [vpn, app] = [scene.engine.named('shop-vpn-1'), scene.engine.named('shop-app-1')];
    expect(app.joined).toEqual([vpn.id]);
  });

  it('is stopped for, never beside: its name must lead to the new one', () => {
    const early = (value: string) =>
      model({ environment: { A: value }, deploy: { update_config: { order: 'start-first' } } });
    const scene = new Scene(early('1')).converge().change(early('2'));
    expect(scene.text()).toContain('downtime: yes (others live in it)');
    expect(scene.converge().text()).toContain('no changes');
  });

  it('follows it where somebody made it anew', () => {
    const scene = new Scene(model()).converge();
    const { id } = scene.engine.named('shop-vpn-1');
    scene.engine.containers.delete(id);
    scene.converge();
    const [vpn, app] = [scene.engine.named('shop-vpn-1'), scene.engine.named('shop-app-1')];
    expect(vpn.id).not.toBe(id);
    expect(app.joined).toEqual([vpn.id]);
  });

  it('waits while it cannot go on', () => {
    const scene = new Scene(model()).converge().change(model({ environment: { A: '1' } }));
    scene.fail('vpn');
    expect(scene.text()).not.toContain('create-container shop-app-1');
  });

  it('says why it is replaced when only its host is another container', () => {
    const scene = new Scene(model()).converge();
    const app = scene.engine.named('shop-app-1');
    app.joined = ['gone'];
    expect(scene.text()).toContain(
      'app: replace: shop-vpn-1, in which it lives, is another container',
    );
    app.joined = undefined as never;
    expect(scene.text()).toContain('no changes');
  });
});

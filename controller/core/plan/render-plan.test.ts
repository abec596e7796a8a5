import { describe, expect, it } from 'vitest';
import { aModel } from '../../testing/builders.ts';
import { Scene } from '../../testing/scene.ts';
import { renderPlan } from './render-plan.ts';

describe('a rendered plan', () => {
  it('is one line where nothing changes', () => {
    const { plan } = new Scene().converge().plan();
    expect(renderPlan(plan, 'text')).toBe('default/shop on web-01: no changes\n');
    expect(renderPlan(plan, 'markdown')).toBe('### default/shop on web-01: no changes\n');
  });

  it('is a table and a list in Markdown, which no name can break out of', () => {
    const scene = new Scene(
      aModel(
        { web: { volumes: [{ type: 'volume', source: 'data', target: '/d' }] } },
        { volumes: { data: {} } },
      ),
    );
    scene.converge().change(aModel({ web: { image: 'we|b:`2`' } }));
    scene.engine.volumes.set('x', { name: 'x', driver: 'local' });
    const { plan } = scene.plan();
    const blocker = { service: 'web', reason: 'PortConflict', message: 'port <80>\nis held' };
    const text = renderPlan({ ...plan, blockers: [blocker] }, 'markdown');
    expect(text.replaceAll(/old-[0-9a-f]{8}/g, 'old-*')).toMatchInlineSnapshot(`
      "### default/shop on web-01: 6 operations, blocked

      | service | action | downtime | cause |
      | --- | --- | --- | --- |
      | web | replace | yes (update order is stop-first) | image: web:1 → we\\|b:\\\`2\\\`; volumes./d: shop\\_data:rw → unset |

      1. rename-container shop-web-1 -> shop-web-1.old-* (image: web:1 → we|b:\\\`2\\\`; volumes./d: shop\\_data:rw → unset)
      2. create-container shop-web-1 (image: web:1 → we|b:\\\`2\\\`; volumes./d: shop\\_data:rw → unset)
      3. stop-container shop-web-1.old-* (image: web:1 → we|b:\\\`2\\\`; volumes./d: shop\\_data:rw → unset)
      4. start-container shop-web-1 (image: web:1 → we|b:\\\`2\\\`; volumes./d: shop\\_data:rw → unset)
      5. await-container shop-web-1 ready (until it is ready)
      6. remove-container shop-web-1.old-* (image: web:1 → we|b:\\\`2\\\`; volumes./d: shop\\_data:rw → unset)

      - **blocked**: web: PortConflict: port \\<80> is held
      - **data left behind**: volume shop\\_data
      "
    `);
  });
});

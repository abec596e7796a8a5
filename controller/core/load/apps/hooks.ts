import { mutableConfig } from '../../../../engine/mutable.ts';
import { replicasOf } from '../../../../engine/replicas.ts';
import type {
  ComposeModel,
  ComposeService,
  Issue,
  RolloutHooks,
} from '../../../../schemas/domain/index.ts';
import { nearestHint } from '../../../../schemas/nearest.ts';
import type { ComposeResult } from '../compose/load-compose.ts';
import { issueAt } from '../issues.ts';
import type { HookReference } from './declaration.ts';

/** The hooks of a unit; undefined where there are none. */
export function hooksOf(references: readonly HookReference[]): RolloutHooks | undefined {
  if (references.length === 0) return undefined;
  const named = (phase: HookReference['phase']) =>
    references.filter((one) => one.phase === phase).map(({ service }) => service);
  return { before: named('before'), after: named('after') };
}

/** Whether every hook is a service that can be run once, on its own. */
export function checkHooks(
  references: readonly HookReference[],
  { model, disabled }: Pick<ComposeResult, 'model' | 'disabled'>,
): readonly Issue[] {
  if (!model) return [];
  const { services } = model;
  const seen = new Set<string>();
  return references.flatMap(({ service, place, path }) => {
    const report = (message: string, hint: string) => [
      issueAt('E_HOOK', place, path, `the hook ${JSON.stringify(service)} ${message}`, hint),
    ];
    const spec = services[service];
    if (!spec) {
      const hint = nearestHint(service, [...Object.keys(services), ...disabled]);
      return report('is no service of the app', hint ?? 'declare it in the Compose file');
    }
    if (seen.has(service)) return report('is named twice', 'remove one of them');
    seen.add(service);
    const fault = faultOf(service, spec, services);
    return fault ? report(...fault) : [];
  });
}

function faultOf(
  name: string,
  spec: ComposeService,
  services: ComposeModel['services'],
): readonly [message: string, hint: string] | undefined {
  const { restartPolicy } = mutableConfig(spec);
  if (restartPolicy === 'always' || restartPolicy === 'unless-stopped') {
    return [`never ends: it has restart: ${restartPolicy}`, 'give it restart: "no" or on-failure'];
  }
  if (replicasOf(spec) !== 1) {
    return [`has ${replicasOf(spec)} replicas`, 'a hook runs once: remove scale and replicas'];
  }
  const waiting = Object.keys(services).find((one) => services[one]?.depends_on?.[name]);
  if (waiting === undefined) return undefined;
  const message = `is what ${waiting} depends on`;
  return [message, `hooks have their turn by themselves: take it out of depends_on of ${waiting}`];
}

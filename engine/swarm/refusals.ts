import type { ComposeModel, ComposeService } from '../../schemas/domain/index.ts';
import { taggedImage } from '../image-reference.ts';
import type { Refusal } from '../refusal.ts';
import { mountRefusals } from './mount-refusals.ts';

/** What `docker stack deploy` refuses to make a service of. */
export function swarmRefusals(model: ComposeModel): readonly Refusal[] {
  return Object.entries(model.services).flatMap(([name, service]) =>
    [
      ...imageRefusals(service),
      ...deployRefusals(service),
      ...healthRefusals(service),
      ...credentialRefusals(model, service),
      ...mountRefusals(model, service),
    ].map(({ path, ...said }) => ({ path: ['services', name, ...path], ...said })),
  );
}

function imageRefusals({ image }: ComposeService): readonly Refusal[] {
  if (!image) return [{ path: [], message: 'a service of a swarm needs an image' }];
  if (taggedImage(image) !== undefined) return [];
  return [{ path: ['image'], message: `${JSON.stringify(image)} is not an image reference` }];
}

const MODES = new Set(['', 'replicated', 'global', 'replicated-job', 'global-job']);
const POLICIES = /^(?:no|always|unless-stopped|on-failure)?(?::\d*)?$/;
/** Nine digits make a whole number of billionths. */
const CPUS = /^\d*(?:\.\d{0,9}0*)?$/;

function deployRefusals({ deploy = {}, restart = '' }: ComposeService): readonly Refusal[] {
  const { mode = '', replicas, resources = {}, restart_policy } = deploy;
  const refusals: Refusal[] = [];
  if (!MODES.has(mode)) {
    refusals.push({
      path: ['deploy', 'mode'],
      message: `there is no mode ${JSON.stringify(mode)}`,
    });
  }
  if (mode.startsWith('global') && replicas !== undefined) {
    const message = `a ${mode} service has no number of replicas`;
    refusals.push({ path: ['deploy', 'replicas'], message, hint: 'leave one of them out' });
  }
  if (!restart_policy && !POLICIES.test(restart)) {
    const message = `there is no restart policy ${JSON.stringify(restart)}`;
    refusals.push({ path: ['restart'], message });
  }
  for (const part of ['limits', 'reservations'] as const) {
    const cpus = resources[part]?.cpus;
    if (cpus === undefined || CPUS.test(String(cpus))) continue;
    const message = `${cpus} CPUs is more exact than a billionth`;
    refusals.push({ path: ['deploy', 'resources', part, 'cpus'], message });
  }
  return refusals;
}

function healthRefusals({ healthcheck }: ComposeService): readonly Refusal[] {
  if (!healthcheck?.disable || !healthcheck.test?.length) return [];
  const message = 'a health check is not both disabled and described';
  return [{ path: ['healthcheck', 'test'], message, hint: 'leave one of them out' }];
}

function credentialRefusals(model: ComposeModel, service: ComposeService): readonly Refusal[] {
  const { config, file, registry } = service.credential_spec ?? {};
  const path = ['credential_spec'];
  if ([config, file, registry].filter(Boolean).length > 1) {
    return [{ path, message: 'a credential spec comes from one place only' }];
  }
  if (!config || model.configs[config]) return [];
  const message = `the config ${JSON.stringify(config)} is not declared`;
  return [{ path: [...path, 'config'], message }];
}

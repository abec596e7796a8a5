import type { ComposeModel, EngineBody } from '../schemas/domain/index.ts';
import { compact } from './body.ts';
import { volumeName } from './names.ts';

/** The create request Compose would send. An external volume is never created: only its name counts. */
export function volumeRequest(
  model: ComposeModel,
  key: string,
): { name: string; body: EngineBody } {
  const volume = model.volumes[key] ?? {};
  const name = volumeName(model, key);
  if (volume.external) return { name, body: { Name: name } };
  const body = compact({
    Name: name,
    Driver: volume.driver,
    DriverOpts: volume.driver_opts,
    Labels: volume.labels,
  });
  return { name, body };
}

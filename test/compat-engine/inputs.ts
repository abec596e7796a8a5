import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { ComposeModel, ComposeService } from '../../schemas/domain/index.ts';
import { skepConfig } from '../../scripts/compat/run-skep.ts';

/** One Compose file of a folder, and what it declares. */
export interface Input {
  /** App and project name. */
  readonly app: string;
  /** Of the file, below the folder. */
  readonly name: string;
  readonly model: ComposeModel;
  /** Images for services that are built, or whose image is pinned to a digest: by an override. */
  readonly instead: Readonly<Record<string, string>>;
}

export interface Inputs {
  readonly root: string;
  readonly runnable: readonly Input[];
  /** Name -> why this machine's engine cannot run it. */
  readonly others: ReadonlyMap<string, string>;
}

/** What an unset variable leaves of a name is none. */
const IMAGE = /^[a-z0-9][^\s:]*(?::\d+\/[^\s:]+)?(?::[\w.-]+)?(?:@sha256:[0-9a-f]+)?$/;
const YAML = /\.ya?ml$/;

/** Every Compose file below the folder, or its `inputs/` (as a corpus with recordings has it). */
export function readInputs(folder: string): Inputs {
  const root = resolve(existsSync(join(folder, 'inputs')) ? join(folder, 'inputs') : folder);
  const names = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && YAML.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .filter((name) => /^services:/m.test(readFileSync(join(root, name), 'utf8')))
    .sort();
  const runnable: Input[] = [];
  const others = new Map<string, string>();
  for (const [index, name] of names.entries()) {
    const app = `c${String(index).padStart(2, '0')}`;
    const { value, errors } = skepConfig({ inputs: root, name, projectName: app });
    const reason = value ? obstacle(value as unknown as ComposeModel) : firstLine(errors);
    if (value && reason === undefined) {
      const model = value as unknown as ComposeModel;
      runnable.push({ app, name, model, instead: stoodInFor(app, model) });
    } else others.set(name, reason ?? 'is refused');
  }
  return { root, runnable, others };
}

function firstLine(text: string): string {
  const lines = text.trim().split('\n');
  return `is refused: ${lines.find((line) => / E_/.test(line)) ?? lines[0] ?? ''}`;
}

/** No stand-in can be made under a digest, or for an image without a name. */
const stoodInFor = (app: string, { services }: ComposeModel): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(services)
      .filter(([, { image }]) => image === undefined || image.includes('@'))
      .map(([name]) => [name, `skep-standin/${app}-${name.toLowerCase()}:1`]),
  );

/** What the engine, not skep, is missing. */
function obstacle(model: ComposeModel): string | undefined {
  const services = Object.entries(model.services ?? {});
  if (services.length === 0) return 'has no service without a profile';
  for (const [name, service] of services) {
    const found = serviceObstacle(service);
    if (found) return `${name}: ${found}`;
  }
  for (const [name, { driver }] of Object.entries(model.networks ?? {})) {
    if (driver && !['bridge', 'default'].includes(driver)) {
      return `network ${name}: needs the driver ${driver}`;
    }
  }
  for (const [name, { driver }] of Object.entries(model.volumes ?? {})) {
    if (driver && driver !== 'local') return `volume ${name}: needs the driver ${driver}`;
  }
  return undefined;
}

function serviceObstacle(service: ComposeService): string | undefined {
  const reserved = service.deploy?.resources?.reservations?.devices ?? [];
  if ((service.gpus ?? []).length + reserved.length > 0) return 'needs a GPU';
  if (service.runtime && service.runtime !== 'runc') return `needs the runtime ${service.runtime}`;
  if (service.platform && !service.platform.includes('amd64')) return `is for ${service.platform}`;
  if (service.image !== undefined && !IMAGE.test(service.image))
    return `its image is ${JSON.stringify(service.image)}`;
  if (service.privileged) return 'is privileged, which this machine does not allow';
  const device = (service.devices ?? []).find(({ source }) => !existsSync(source));
  return device && `needs the device ${device.source}`;
}

/** Host ports, container names and subnets, of which an engine has each once. */
export function claims({ model }: Input): readonly string[] {
  const services = Object.values(model.services);
  const ports = services.flatMap(({ ports: list = [] }) =>
    list.flatMap(({ published, protocol }) => (published ? [`${published}/${protocol}`] : [])),
  );
  const names = services.flatMap(({ container_name }) => container_name ?? []);
  const networks = Object.values(model.networks ?? {}).flatMap(({ ipam }) =>
    (ipam?.config ?? []).flatMap(({ subnet }) => subnet ?? []),
  );
  return [...ports, ...names, ...networks];
}

/** Groups of like size, none with a claim twice; `least` of them where there is enough for that. */
export function batches(
  inputs: readonly Input[],
  least: number,
  most: number,
): readonly (readonly Input[])[] {
  const groups = Array.from({ length: least }, () => ({
    taken: new Set<string>(),
    members: [] as Input[],
  }));
  for (const input of inputs) {
    const wanted = claims(input);
    let group = groups
      .toSorted((a, b) => a.members.length - b.members.length)
      .find(
        ({ taken, members }) => members.length < most && wanted.every((claim) => !taken.has(claim)),
      );
    if (!group) {
      group = { taken: new Set<string>(), members: [] };
      groups.push(group);
    }
    group.members.push(input);
    for (const claim of wanted) group.taken.add(claim);
  }
  return groups.map(({ members }) => members).filter(({ length }) => length > 0);
}

import { join } from 'node:path';
import { engineRequest, testEngine } from './images.ts';
import { CLI } from './program.ts';
import { run } from './run.ts';

interface Sent {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: Body;
}

interface Body extends Readonly<Record<string, unknown>> {
  readonly Name?: string;
  readonly Labels?: Readonly<Record<string, string>>;
  readonly NetworkingConfig?: { readonly EndpointsConfig?: Readonly<Record<string, object>> };
}

const COMPOSE = 'com.docker.compose';

/**
 * Runs a Compose file as Compose itself would, request by request, with Compose's own labels and
 * past skep. @returns the names of its containers
 */
export async function runModel(folder: string, project: string): Promise<readonly string[]> {
  const sent = await requests(folder, project, '1.41');
  const whole = await requests(folder, project, '1.50');
  const names: string[] = [];
  for (const [index, { path, query, body }] of sent.entries()) {
    const name = query['name'];
    const kind = path.split('/')[1] ?? '';
    const key = (body.Name ?? '').slice(project.length + 1);
    const Labels = {
      ...body.Labels,
      [`${COMPOSE}.project`]: project,
      ...(name === undefined
        ? { [`${COMPOSE}.${kind.replace(/s$/, '')}`]: key }
        : serviceLabels(project, name)),
    };
    const parameters = new URLSearchParams(query).toString();
    await post(`${path}?${parameters}`, { ...body, Labels });
    if (name === undefined) continue;
    const first = Object.keys(body.NetworkingConfig?.EndpointsConfig ?? {});
    const all = Object.entries(whole[index]?.body.NetworkingConfig?.EndpointsConfig ?? {});
    for (const [network, EndpointConfig] of all) {
      if (first.includes(network)) continue;
      await post(`/networks/${network}/connect`, { Container: name, EndpointConfig });
    }
    names.push(name);
  }
  for (const name of names) await post(`/containers/${name}/start`, {});
  return names;
}

/** `PROJECT-SERVICE-NUMBER`, or a name of its own: `SERVICE-SOMETHING`. */
function serviceLabels(project: string, name: string): Record<string, string> {
  const [service = '', number = ''] = name.startsWith(`${project}-`)
    ? name.slice(project.length + 1).split('-')
    : [name.split('-')[0], '1'];
  return {
    [`${COMPOSE}.service`]: service,
    [`${COMPOSE}.container-number`]: number,
    [`${COMPOSE}.oneoff`]: 'False',
  };
}

async function requests(folder: string, project: string, api: string): Promise<readonly Sent[]> {
  const args = ['compose', 'requests', '-f', join(folder, 'compose.yaml')];
  const named = ['--project-name', project, '--target', 'container', '--api-version', api];
  const { code, stdout, stderr } = await run(process.execPath, [CLI, ...args, ...named], {
    ...process.env,
  });
  if (code !== 0) throw new Error(`skep compose requests: ${stderr}`);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Sent);
}

async function post(path: string, body: object): Promise<void> {
  const { status, body: answer } = await engineRequest(testEngine(), 'POST', path, body);
  if (status >= 300) throw new Error(`POST ${path}: ${status} ${answer}`);
}

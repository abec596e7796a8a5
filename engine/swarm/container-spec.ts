import {
  type ComposeFileReference,
  type ComposeModel,
  type ComposeService,
  compareText,
  type EngineBody,
} from '../../schemas/domain/index.ts';
import { compact } from '../body.ts';
import { grantedCapabilities } from '../capabilities.ts';
import { durationNs } from '../duration.ts';
import { environment } from '../environment.ts';
import { healthcheckBody } from '../healthcheck.ts';
import { taggedImage } from '../image-reference.ts';
import { ulimits } from '../resources.ts';
import { stackLabels } from './labels.ts';
import { swarmMounts } from './mounts.ts';
import { type ObjectKind, stackObjectName } from './objects.ts';

/** `TaskTemplate.ContainerSpec` as `docker stack deploy` sends it. */
export function containerSpec(model: ComposeModel, service: ComposeService): EngineBody {
  const { add, drop } = grantedCapabilities(service.cap_add ?? [], service.cap_drop ?? []);
  const image = service.image ?? '';
  const body = compact({
    Image: taggedImage(image) ?? image,
    Labels: stackLabels(model, service.labels),
    Command: service.entrypoint,
    Args: service.command,
    Hostname: service.hostname,
    Env: [...environment(service)].sort(compareText),
    Dir: service.working_dir,
    User: service.user,
    Groups: service.group_add,
    Privileges: compact({ CredentialSpec: credentialSpec(model, service) }),
    StopSignal: service.stop_signal,
    TTY: service.tty,
    OpenStdin: service.stdin_open,
    ReadOnly: service.read_only,
    Mounts: swarmMounts(model, service.volumes ?? []),
    Healthcheck: service.healthcheck && healthcheckBody(service.healthcheck),
    Hosts: (service.extra_hosts ?? []).map(hostLine),
    DNSConfig: compact({
      Nameservers: service.dns,
      Search: service.dns_search,
      Options: service.dns_opt,
    }),
    Secrets: references(model, 'secrets', service.secrets ?? []),
    Configs: [
      ...references(model, 'configs', service.configs ?? []),
      ...runtimeConfigs(model, service),
    ].sort(byName),
    Isolation: service.isolation,
    Sysctls: service.sysctls,
    CapabilityAdd: add,
    CapabilityDrop: drop,
    Ulimits: ulimits(service),
  });
  return {
    ...body,
    // Neither `false` nor no grace at all is what the engine does by itself.
    ...(service.init !== undefined && { Init: service.init }),
    ...(service.stop_grace_period !== undefined && {
      StopGracePeriod: durationNs(service.stop_grace_period),
    }),
  };
}

/** `name=address` as a line of a hosts file. */
function hostLine(entry: string): string {
  const at = entry.indexOf('=');
  return `${entry.slice(at + 1)} ${entry.slice(0, at)}`;
}

const byName = (a: EngineBody, b: EngineBody): number =>
  compareText(
    String(a['ConfigName'] ?? a['SecretName']),
    String(b['ConfigName'] ?? b['SecretName']),
  );

/** What anyone may read; as Compose and `docker stack` have it. */
const USUAL_MODE = 0o444;

/** By name: the ids are the swarm's own, which nobody knows before there is one. */
function references(
  model: ComposeModel,
  kind: ObjectKind,
  uses: readonly ComposeFileReference[],
): readonly EngineBody[] {
  const member = kind === 'secrets' ? 'SecretName' : 'ConfigName';
  return uses
    .map((use) => ({
      File: {
        Name: targetOf(kind, use),
        UID: use.uid || '0',
        GID: use.gid || '0',
        Mode: mode(use),
      },
      [member]: stackObjectName(model, kind, use.source),
    }))
    .sort(byName);
}

/** Compose writes a secret's folder out; a swarm puts a bare name there by itself. */
function targetOf(kind: ObjectKind, { source, target }: ComposeFileReference): string {
  const isUsual = kind === 'secrets' && target === `/run/secrets/${source}`;
  return isUsual || !target ? source : target;
}

const mode = ({ mode: written }: ComposeFileReference): number =>
  typeof written === 'string' ? Number.parseInt(written, 8) : (written ?? USUAL_MODE);

function credentialSpec(model: ComposeModel, service: ComposeService): EngineBody | undefined {
  const spec = service.credential_spec;
  if (!spec) return undefined;
  const { config, file, registry } = spec;
  const Config = config && stackObjectName(model, 'configs', config);
  return compact({ Config, File: file, Registry: registry });
}

/** A config that the runtime reads itself. */
function runtimeConfigs(model: ComposeModel, service: ComposeService): readonly EngineBody[] {
  const key = service.credential_spec?.config;
  return key ? [{ Runtime: {}, ConfigName: stackObjectName(model, 'configs', key) }] : [];
}

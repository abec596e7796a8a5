import type {
  AppId,
  AppStatus,
  Condition,
  HostName,
  HostStatus,
  Reason,
  SourceStatus,
  UnitStatus,
} from '../../../schemas/domain/index.ts';

export interface WhyInput {
  readonly app: AppStatus;
  /** What it depends on, as git declares it now. */
  readonly dependsOn: readonly AppId[];
  /** Status and dependencies of other apps; undefined for one that is not known. */
  readonly other: (
    id: AppId,
  ) => { readonly app: AppStatus; readonly dependsOn: readonly AppId[] } | undefined;
  readonly hosts: ReadonlyMap<HostName, HostStatus>;
  readonly source?: SourceStatus;
}

/** One link of the chain: what is in the way, since when, and what clears it. */
export interface WhyStep {
  readonly app: AppId | null;
  readonly host: HostName | null;
  /** A `Reason`, or the code of a failure of the repository. */
  readonly reason: string;
  readonly message: string;
  /** ISO 8601. */
  readonly since: string;
  readonly clears: string;
}

/**
 * Why an app is not as git has it, root causes last: each link says what the one before it waits
 * for. Empty where nothing is in the way.
 */
export function why(input: WhyInput): readonly WhyStep[] {
  return [...sourceSteps(input), ...appSteps(input, new Set([input.app.id]))];
}

/** An error of the repository holds back every app alike. */
function sourceSteps({ source }: WhyInput): readonly WhyStep[] {
  if (!source?.error) return [];
  const { code, message, since } = source.error;
  const clears = `${source.repository} can be read again; until then the last good revision is in force`;
  return [{ app: null, host: null, reason: code, message, since, clears }];
}

function appSteps(input: WhyInput, seen: Set<AppId>): readonly WhyStep[] {
  const steps: WhyStep[] = [];
  let waits = false;
  for (const unit of input.app.units) {
    const ready = unit.conditions.find(({ type }) => type === 'Ready');
    if (!ready || ready.status === 'True') continue;
    steps.push(unitStep(unit, ready, input.hosts), ...serviceSteps(unit, ready));
    waits ||= ready.reason === 'WaitingOn';
  }
  return waits ? [...steps, ...dependencySteps(input, seen)] : steps;
}

function unitStep(
  unit: UnitStatus,
  { reason, message, since }: Condition,
  hosts: ReadonlyMap<HostName, HostStatus>,
): WhyStep {
  const { app, host } = unit;
  const state = hosts.get(host);
  const isSilent = reason === 'HostOffline' || reason === 'NotObserved';
  if (isSilent && state?.declared === false) {
    const clears = `declare a Host ${host}, or take it from the app's hosts`;
    return { app, host, reason, message, since, clears };
  }
  if (reason === 'HostPaused' && state?.paused) {
    const { reason: text, until } = state.paused;
    const clears = `the pause ends at ${until}, or \`skep agent resume\` on ${host}`;
    return { app, host, reason, message: `${message}: ${text}`, since, clears };
  }
  return { app, host, reason, message, since, clears: CLEARS[reason] };
}

/** Services that are not well and say more than the unit's own headline. */
function serviceSteps(unit: UnitStatus, headline: Condition): readonly WhyStep[] {
  return unit.services
    .filter(({ health }) => health === 'Degraded' || health === 'Missing')
    .filter(({ message }) => message !== '' && !headline.message.includes(message))
    .map(({ service, reason, message }) => ({
      app: unit.app,
      host: unit.host,
      reason,
      message: `${service}: ${message}`,
      since: headline.since,
      clears: CLEARS[reason],
    }));
}

function dependencySteps(input: WhyInput, seen: Set<AppId>): readonly WhyStep[] {
  return input.dependsOn.flatMap((id) => {
    if (seen.has(id)) return [];
    seen.add(id);
    const other = input.other(id);
    if (other) return appSteps({ ...input, ...other }, seen);
    return [
      {
        app: id,
        host: null,
        reason: 'Missing',
        message: `${id} has not been deployed yet`,
        since: input.app.updatedAt,
        clears: `${id} is deployed and healthy`,
      },
    ];
  });
}

const COMMIT = 'a commit that changes it; the same spec is not tried again';
const BACKOFF = 'by itself, tried again with growing pauses (10 s to 10 min)';

const CLEARS: Readonly<Record<Reason, string>> = {
  AllHealthy: 'nothing is in the way',
  Completed: 'nothing is in the way',
  Starting: 'the containers become ready, or the rollout deadline passes',
  RollingOut: 'the containers become ready, or the rollout deadline passes',
  Pulling: 'the image has been pulled',
  RolledBack: COMMIT,
  HealthProbeFailing: COMMIT,
  CrashLoop: COMMIT,
  OOMKilled: 'a commit that gives it more memory, or makes it need less',
  ExitedNonZero: COMMIT,
  StartFailed: COMMIT,
  ReloadFailed: 'a commit that changes the mounted files, or the command itself',
  FileBudgetExceeded:
    'a commit that mounts less, other apps leave the host, or a higher SKEP_FILES_LIMIT there',
  HookFailed: COMMIT,
  Stopped: 'it is started again; with drift: report, by hand or by a commit',
  Paused: 'it is unpaused; with drift: report, by hand',
  DeadlineExceeded: 'a commit that changes it, or a longer spec.rollout.deadline',
  ImageNotFound: `the image appears in its registry or on the host; ${BACKOFF}`,
  PullDenied: `the registry lets this host pull; ${BACKOFF}`,
  PullFailed: BACKOFF,
  PlatformMismatch: 'an image for the platform of this host',
  PortConflict: `the port is free; ${BACKOFF}`,
  NameTaken: `the other object is removed or renamed; ${BACKOFF}`,
  NetworkNotFound: `the external network is there; ${BACKOFF}`,
  VolumeNotFound: `the external volume is there; ${BACKOFF}`,
  VolumeDiverged:
    'a commit that restores its settings or names another volume, or the volume is removed by hand',
  ConfigNotFound: `the external config is there; ${BACKOFF}`,
  SecretNotFound: `the external secret is there; ${BACKOFF}`,
  UpdatePaused: 'a commit that changes it; or, in the swarm, a rollback by hand',
  NodeLost: 'a node that fits is there again, and active',
  NoManager: 'the agent of a manager of this swarm connects again',
  MountFailed: `the mounted path can be used; ${BACKOFF}`,
  InvalidSpec: COMMIT,
  EngineError: BACKOFF,
  HostOffline: 'the agent of this host connects again',
  HostPaused: 'the pause on the host ends',
  HostPolicy: 'a commit that asks for less, or the owner of the host allows it in the host policy',
  StaleEpoch: 'only one controller is left; see `skep admin take-over`',
  NotObserved: 'the first report of this host is in',
  WaitingOn: 'the apps it depends on are healthy',
  WaitingTurn: 'the hosts before it are healthy, and spec.strategy.pauseBetween is over',
  RolloutHalted: 'a commit that gets healthy on the host that failed',
  BudgetExceeded: 'a commit with the trailer `Allow-Destroy: App/<name>` (or `all`)',
  Suspended: 'spec.suspend ends, or a commit takes it out',
  Drifted: 'the host is put right by hand, or a commit sets drift: heal',
  NonConvergent: 'a commit that changes it; this is a fault of skep, please report it',
  HeldAtLastGood: 'a commit without issues in its manifest',
  Pruning: 'the removal is through',
  Removed: 'nothing is in the way',
};

import type {
  AppStatus,
  Condition,
  HostStatus,
  Reason,
  SourceStatus,
  UnitStatus,
  WhyStep,
} from '../../schemas/domain/index.ts';

const WAITS = 'Nothing to do: it clears by itself, or fails at the deadline of the rollout.';
const FIX_AND_PUSH = 'Fix the cause in the repository and push; the same content is not retried.';

/** What makes each reason go away, for a person. */
const CLEARS: Partial<Record<Reason, string>> = {
  Starting: WAITS,
  RollingOut: WAITS,
  Pulling: WAITS,
  RolledBack: FIX_AND_PUSH,
  HealthProbeFailing: FIX_AND_PUSH,
  CrashLoop: FIX_AND_PUSH,
  OOMKilled: 'Raise the memory limit or lower the need, and push.',
  ExitedNonZero: FIX_AND_PUSH,
  StartFailed: FIX_AND_PUSH,
  HookFailed: FIX_AND_PUSH,
  DeadlineExceeded: FIX_AND_PUSH,
  ImageNotFound: 'Make the image available under that name; it is tried again by itself.',
  PullDenied: 'Give the host access to the registry; it is tried again by itself.',
  PullFailed: 'It is tried again by itself; look at the registry if it lasts.',
  PlatformMismatch: 'Publish the image for the platform of the host, and push its name.',
  PortConflict: 'Free the port on the host, or choose another one and push.',
  NameTaken: 'Remove or rename the object of that name on the host, or rename ours and push.',
  NetworkNotFound: 'Create the external network on the host; it is tried again by itself.',
  VolumeNotFound: 'Create the external volume on the host; it is tried again by itself.',
  VolumeDiverged: 'Volumes are never changed: rename the volume, or take the change back.',
  MountFailed: 'Make the path exist on the host, or correct it and push.',
  InvalidSpec: FIX_AND_PUSH,
  EngineError: 'It is tried again by itself; look at the engine on the host if it lasts.',
  HostOffline: 'Start the agent on the host, or its connection to the controller.',
  HostPaused: 'The pause ends by itself; `skep agent pause --end` on the host ends it now.',
  HostPolicy: 'Ask the owner of the host to allow it in the host policy, or do without.',
  StaleEpoch: 'Another controller took over: stop one of the two.',
  NotObserved: 'Wait for the first report of the host.',
  WaitingOn: 'Get the app it waits for healthy.',
  WaitingTurn: 'Wait for the hosts before it, or change `spec.strategy`.',
  RolloutHalted: 'Correct what failed on the other host and push.',
  BudgetExceeded: 'Push a commit with the trailer `Allow-Destroy: <kind>/<name>`, or `all`.',
  Suspended: 'Remove `spec.suspend` and push, or wait until it ends.',
  Drifted: 'Set `spec.drift: heal`, or restore it on the host.',
  NonConvergent: 'Push any change of the app to try again, and report the plan as a fault of skep.',
  HeldAtLastGood: 'Correct the issues of the app in the newest revision and push.',
};

/**
 * The chain of what blocks an app, outermost first: the repository, the hosts, then the conditions
 * of its units.
 */
export function explain(
  app: AppStatus,
  world: { readonly source: SourceStatus | null; readonly hosts: readonly HostStatus[] },
): readonly WhyStep[] {
  const names = new Set<string>(app.units.map((unit) => unit.host));
  const hosts = world.hosts.filter((host) => names.has(host.name)).flatMap(hostSteps);
  const told = new Set(hosts.map((step) => step.subject));
  const units = app.units.flatMap((unit) =>
    unitSteps(unit).filter((step) => !(OF_HOSTS.has(step.reason) && told.has(`host ${unit.host}`))),
  );
  return [...sourceSteps(world.source), ...hosts, ...units];
}

function sourceSteps(source: SourceStatus | null): readonly WhyStep[] {
  if (!source?.error) return [];
  const { code, message, since } = source.error;
  const clears = 'It is tried again by itself; look at the repository and the access to it.';
  return [{ subject: 'source', reason: code, message, since, clears }];
}

const OF_HOSTS: ReadonlySet<string> = new Set<Reason>(['HostOffline', 'HostPaused', 'NotObserved']);

function hostSteps({ name, state, since, paused }: HostStatus): readonly WhyStep[] {
  const step = (reason: Reason, message: string): WhyStep => ({
    subject: `host ${name}`,
    reason,
    message,
    since,
    clears: CLEARS[reason] ?? WAITS,
  });
  if (state === 'never-seen') return [step('NotObserved', 'No agent of it has connected yet.')];
  if (state === 'offline') return [step('HostOffline', 'Its agent is not connected.')];
  return paused ? [step('HostPaused', `${paused.reason}; until ${paused.until}`)] : [];
}

/** One step a reason: Ready and Stalled often say the same. */
function unitSteps(unit: UnitStatus): readonly WhyStep[] {
  const blocking = unit.conditions.filter(blocks);
  const first = blocking.filter(
    ({ reason }, index) => blocking.findIndex((other) => other.reason === reason) === index,
  );
  return first.map(({ reason, message, since }) => ({
    subject: unit.key,
    reason,
    message,
    since,
    clears: CLEARS[reason] ?? FIX_AND_PUSH,
  }));
}

function blocks({ type, status }: Condition): boolean {
  return type === 'Ready' ? status !== 'True' : status === 'True';
}

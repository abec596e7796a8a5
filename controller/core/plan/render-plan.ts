import type {
  Blocker,
  FilesAction,
  Operation,
  Plan,
  ServiceChange,
} from '../../../schemas/domain/index.ts';

/** A plan as people read it. Stable: equal plans give equal text, and tests compare it. */
export function renderPlan(plan: Plan, format: 'text' | 'markdown'): string {
  return format === 'text' ? renderText(plan) : renderMarkdown(plan);
}

function renderText(plan: Plan): string {
  const lines = [title(plan)];
  for (const change of plan.changes) {
    lines.push(`  ${change.service}: ${change.action}: ${change.cause}`);
    lines.push(`    downtime: ${downtime(change)}`);
  }
  for (const { resource, cause } of plan.adoptions) {
    lines.push(`  takes over ${resource}: ${cause}`);
  }
  plan.operations.forEach((operation, index) => {
    lines.push(`  ${index + 1}. ${sentence(operation)} (${operation.cause})`);
  });
  for (const blocker of plan.blockers) lines.push(`  blocked: ${obstacle(blocker)}`);
  for (const volume of plan.leftBehind) lines.push(`  data left behind: volume ${volume}`);
  return `${lines.join('\n')}\n`;
}

function renderMarkdown(plan: Plan): string {
  const lines = [`### ${title(plan)}`, ''];
  if (plan.changes.length > 0) {
    lines.push('| service | action | downtime | cause |', '| --- | --- | --- | --- |');
    for (const change of plan.changes) {
      const cells = [change.service, change.action, downtime(change), change.cause];
      lines.push(`| ${cells.map(cell).join(' | ')} |`);
    }
    lines.push('');
  }
  for (const { resource, cause } of plan.adoptions) {
    lines.push(`- takes over ${inline(resource)}: ${inline(cause)}`);
  }
  plan.operations.forEach((operation, index) => {
    lines.push(`${index + 1}. ${inline(sentence(operation))} (${inline(operation.cause)})`);
  });
  if (plan.operations.length > 0) lines.push('');
  for (const blocker of plan.blockers) lines.push(`- **blocked**: ${inline(obstacle(blocker))}`);
  for (const volume of plan.leftBehind) {
    lines.push(`- **data left behind**: volume ${inline(volume)}`);
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

function title({ app, host, operations, blockers, provisional }: Plan): string {
  const count = operations.length;
  const what = count === 0 ? 'no changes' : `${count} ${count === 1 ? 'operation' : 'operations'}`;
  const notes = [
    ...(provisional ? ['planned again after the pulls'] : []),
    ...(blockers.length > 0 ? ['blocked'] : []),
  ];
  return [`${app} on ${host}: ${what}`, ...notes].join(', ');
}

const obstacle = ({ service, reason, message }: Blocker): string =>
  `${service === undefined ? '' : `${service}: `}${reason}: ${message}`;

const downtime = ({ downtime: reason, inPlace }: ServiceChange): string => {
  const away = reason === undefined ? 'no' : `yes (${reason})`;
  return inPlace ? `${away}, in place: ${inPlace.join(', ')}` : away;
};

function sentence(operation: Operation): string {
  const { kind, resource } = operation;
  switch (operation.kind) {
    case 'pull-image':
      return operation.reference === resource
        ? `${kind} ${resource}`
        : `${kind} ${resource} (${operation.reference})`;
    case 'rename-container':
      return `${kind} ${resource} -> ${operation.name}`;
    case 'connect-network':
    case 'disconnect-network':
      return `${kind} ${resource} ${operation.network}`;
    case 'await-container':
      return `${kind} ${resource} ${operation.until}`;
    case 'apply-files':
      return telling(operation.action, resource);
    case 'await-service':
      return `${kind} ${resource} ${operation.until}`;
    case 'resolve-image':
    case 'create-swarm-file':
    case 'update-swarm-file':
    case 'remove-swarm-file':
    case 'create-service':
    case 'update-service':
    case 'remove-service':
    case 'await-app':
    case 'remove-image':
    case 'put-file':
    case 'put-tree':
    case 'create-network':
    case 'remove-network':
    case 'create-volume':
    case 'remove-volume':
    case 'create-container':
    case 'start-container':
    case 'stop-container':
    case 'unpause-container':
    case 'remove-container':
    case 'update-container':
    case 'adopt':
      return `${kind} ${resource}`;
  }
}

function telling(action: FilesAction, container: string): string {
  switch (action.kind) {
    case 'none':
      return `note-files ${container}`;
    case 'signal':
      return `signal ${container} ${action.signal}`;
    case 'exec':
      return `exec ${container} ${action.argv.join(' ')}`;
    case 'restart':
      return `restart ${container}`;
  }
}

const cell = (text: string): string => inline(text).replaceAll('|', '\\|');

/** Text of others inside Markdown: one line, and no markup of its own. */
const inline = (text: string): string =>
  text.replaceAll(/\s+/g, ' ').replaceAll(/[\\`*_<[\]]/g, (sign) => `\\${sign}`);

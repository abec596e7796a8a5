/**
 * usage: compat.ts DIR — holds what skep makes of Compose files against recordings of Docker
 * Compose and of `docker stack deploy`. DIR/inputs holds the files; DIR/golden holds for an input
 * X what was recorded: X.compose.json (the model), X.compose-api.json (the create requests),
 * X.stack-api.json (those for a swarm). An input without a model is one that Compose refuses.
 */
import { resolve } from 'node:path';
import { type Difference, differences, requestDifferences } from './compat/compare.ts';
import { type Json, type Recording, readCorpus, type Sent } from './compat/corpus.ts';
import { type Printed, type Run, skepConfig, skepRequests } from './compat/run-skep.ts';
import { findValues } from './compat/values.ts';

/** Of one kind of comparison: how many were equal, of how many. */
class Score {
  equal = 0;
  all = 0;

  add(same: boolean): void {
    this.all += 1;
    if (same) this.equal += 1;
  }

  get shown(): string {
    return `${this.equal} of ${this.all}`;
  }
}

const scores = {
  verdicts: new Score(),
  models: new Score(),
  containers: new Score(),
  services: new Score(),
};

const [folder] = process.argv.slice(2);
if (!folder) {
  process.stderr.write('compat: name a folder of recordings, with inputs/ and golden/: DIR=…\n');
  process.exit(1);
}

const { inputs, recordings } = readCorpus(resolve(folder));
for (const recording of recordings) compare(recording);
print(
  `${scores.models.shown} models, ${scores.containers.shown} container requests, ` +
    `${scores.services.shown} service requests, ${scores.verdicts.shown} verdicts`,
);
const equal = Object.values(scores).every((score) => score.equal === score.all);
process.exitCode = recordings.length > 0 && equal ? 0 : 1;

function compare(recording: Recording): void {
  const { name, model } = recording;
  const run = runFor(recording);
  const printed = skepConfig(run);
  judge(name, printed, model !== undefined);
  if (!model) {
    compareServices(run, recording);
    return;
  }
  scores.models.add(tell(name, 'model', differences(printed.value, model)));
  if (recording.containerRequests) {
    const ours = skepRequests(run, 'container');
    scores.containers.add(
      tellRequests(name, 'container requests', ours, recording.containerRequests),
    );
  }
  compareServices(run, recording);
}

function compareServices(run: Run, { name, serviceRequests }: Recording): void {
  if (!serviceRequests) return;
  const ours = skepRequests(run, 'swarm');
  scores.services.add(tellRequests(name, 'service requests', ours, serviceRequests));
}

/**
 * How it was recorded: with every profile where that can be loaded (two services of different
 * profiles may have one name), and with variables that may be set nowhere in the folder.
 */
function runFor(recording: Recording): Run {
  const { name, model } = recording;
  const run: Run = { inputs, name, projectName: projectOf(recording) };
  const all: Run = { ...run, profiles: ['*'] };
  if (skepConfig(all).value) return all;
  if (!model || skepConfig(run).value) return run;
  return withValues(all, model);
}

/** Where a file cannot be loaded without, the values that it was recorded with. */
function withValues(run: Run, model: Json): Run {
  const values = findValues(model, (given) => skepConfig({ ...run, values: given }));
  if (!values) return run;
  const set = Object.entries(values).map(([key, value]) => `${key}=${value}`);
  print(`${run.name}: recorded with ${set.join(' ')}, which its folder does not set`);
  return { ...run, values };
}

function judge(name: string, printed: Printed<unknown>, recorded: boolean): void {
  const taken = printed.value !== undefined;
  scores.verdicts.add(taken === recorded);
  if (taken !== recorded) print(`${name}: skep ${verdict(taken)}, Compose ${verdict(recorded)}`);
  if (!taken && recorded) print(printed.errors);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function verdict(taken: boolean): string {
  return taken ? 'takes it' : 'refuses it';
}

function tellRequests(
  name: string,
  what: string,
  ours: Printed<readonly Sent[]>,
  recorded: readonly Sent[],
): boolean {
  if (ours.value) return tell(name, what, requestDifferences(ours.value, recorded));
  print(`${name}: no ${what}\n${ours.errors}`);
  return false;
}

function tell(name: string, what: string, found: readonly Difference[]): boolean {
  for (const { path, ours = 'absent', recorded = 'absent' } of found) {
    print(`${name}: ${what}: ${path}\n  skep:     ${ours}\n  recorded: ${recorded}`);
  }
  return found.length === 0;
}

/** The name that the recording was made under. */
function projectOf({ model }: Recording): string {
  const name = model?.['name'];
  return typeof name === 'string' ? name : 'proj';
}

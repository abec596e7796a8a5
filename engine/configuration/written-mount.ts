import { isAnonymous } from './mounts.ts';
import { type Members, membersOf, textOf } from './values.ts';

/** Short syntax where that says it all. */
export function mount(target: string, value: unknown): unknown {
  if (isAnonymous(value)) return target;
  const { type, source, readOnly, selinux, noCopy, ...rest } = membersOf(value);
  const isPlain =
    Object.keys(rest).length === 0 && source && (type === 'bind' || type === 'volume');
  if (isPlain) {
    const options = [readOnly && 'ro', selinux, noCopy && 'nocopy'].filter(Boolean).join(',');
    return [textOf(source), target, options].filter((part) => part !== '').join(':');
  }
  return longMount(target, membersOf(value));
}

function longMount(target: string, mounted: Members): Members {
  const { type, source, readOnly, propagation, subpath, noCopy } = mounted;
  const tmpfs = membersOf(mounted['tmpfs']);
  const recursive =
    (mounted['nonRecursive'] && 'disabled') ||
    (mounted['readOnlyNonRecursive'] && 'writable') ||
    (mounted['readOnlyForceRecursive'] && 'readonly');
  return said({
    type,
    source,
    target,
    read_only: readOnly,
    bind: said({ propagation, recursive }),
    volume: said({ nocopy: noCopy, subpath: type === 'volume' && subpath }),
    image: said({ subpath: membersOf(mounted['image'])['Subpath'] }),
    tmpfs: said({ size: size(tmpfs['SizeBytes']), mode: tmpfs['Mode'] }),
  });
}

/** Without the members that say nothing. */
export function said(members: Members): Members {
  return Object.fromEntries(
    Object.entries(members).filter(
      ([, value]) => value && !(typeof value === 'object' && Object.keys(value).length === 0),
    ),
  );
}

/** Bytes in the largest unit that tells them exactly. */
export function size(value: unknown): unknown {
  const bytes = Number(value ?? 0);
  if (bytes <= 0) return bytes;
  const units = ['k', 'm', 'g'];
  let [left, unit] = [bytes, ''];
  while (left % 1024 === 0 && units.length > 0) [left, unit] = [left / 1024, units.shift() ?? ''];
  return unit === '' ? bytes : `${left}${unit}`;
}

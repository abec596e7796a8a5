/**
 * The spelling of a platform that Docker's programs send: `os/architecture[/variant]`. One word is
 * an operating system or an architecture of Linux.
 */

const COMPONENT = /^[A-Za-z0-9_-]+$/;
const OS_COMPONENT = /^([A-Za-z0-9_-]+)(?:\([A-Za-z0-9_.%-]*\))?$/;
/** What an operating system alone runs on: the choice of this program, equal on every machine. */
const USUAL_ARCHITECTURE = 'amd64';
const SYSTEMS = new Set(
  (
    'aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 ' +
    'solaris windows zos'
  ).split(' '),
);
const ARCHITECTURES = new Set(
  (
    '386 amd64 amd64p32 arm armbe arm64 arm64be loong64 mips mipsle mips64 mips64le mips64p32 ' +
    'mips64p32le ppc ppc64 ppc64le riscv riscv64 s390 s390x sparc sparc64 wasm'
  ).split(' '),
);

/** Undefined where it is none. */
export function normalisePlatform(text: string): string | undefined {
  const [first = '', second, third, ...more] = text.split('/');
  const system = OS_COMPONENT.exec(first)?.[1]?.toLowerCase();
  const rest = [second, third].filter((part) => part !== undefined);
  if (!system || more.length > 0 || !rest.every((part) => COMPONENT.test(part))) return undefined;
  if (second === undefined) return ofOneWord(system);
  const [architecture, variant] = normaliseArchitecture(second, third ?? '');
  return [systemName(system), architecture, shownVariant(architecture, variant, third)]
    .filter((part) => part !== '')
    .join('/');
}

function ofOneWord(word: string): string | undefined {
  const system = systemName(word);
  if (SYSTEMS.has(system)) return `${system}/${USUAL_ARCHITECTURE}`;
  const [architecture, variant] = normaliseArchitecture(word, '');
  if (!ARCHITECTURES.has(architecture)) return undefined;
  const shown = shownVariant(architecture, variant, undefined);
  return `linux/${architecture}${shown && `/${shown}`}`;
}

const systemName = (word: string): string => (word === 'macos' ? 'darwin' : word);

/** The usual variant is left out where none was written, and filled in where one was. */
function shownVariant(architecture: string, variant: string, written: string | undefined): string {
  if (written === undefined) return architecture === 'arm' && variant === 'v7' ? '' : variant;
  return architecture === 'arm64' && variant === '' ? 'v8' : variant;
}

function normaliseArchitecture(written: string, variant: string): readonly [string, string] {
  const lower = variant.toLowerCase();
  const architecture = written.toLowerCase();
  switch (architecture) {
    case 'i386':
      return ['386', ''];
    case 'x86_64':
    case 'x86-64':
    case 'amd64':
      return ['amd64', lower === 'v1' ? '' : lower];
    case 'aarch64':
    case 'arm64':
      return ['arm64', lower === '8' || lower === 'v8' ? '' : lower];
    case 'armhf':
      return ['arm', 'v7'];
    case 'armel':
      return ['arm', 'v6'];
    case 'arm':
      return ['arm', armVariant(lower)];
    default:
      return [architecture, lower];
  }
}

function armVariant(variant: string): string {
  if (variant === '') return 'v7';
  return /^[5-8]$/.test(variant) ? `v${variant}` : variant;
}

import { execFileSync } from 'node:child_process';
import { engineRequest, testEngine } from './images.ts';

/** A root file system of this machine's own busybox, git and the libraries that Node and git use. */
const ASSEMBLE = `
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root"/{bin,etc,tmp,usr/bin,usr/lib/git-core}
chmod 755 "$root"
chmod 1777 "$root/tmp"
busybox=$(command -v busybox)
cp "$busybox" "$root/bin/busybox"
for applet in $("$busybox" --list); do [ "$applet" = busybox ] || ln -s busybox "$root/bin/$applet"; done
ln -s /bin/env "$root/usr/bin/env"
echo 'root:x:0:0:root:/:/bin/sh' >"$root/etc/passwd"
git=$(command -v git)
cp "$git" "$root/usr/bin/git"
ln -s git "$root/usr/bin/git-upload-pack"
ldd "$git" "$NODE" | grep -o '/[^ )]*' | grep -v ':$' | sort -u | while read -r library; do
  mkdir -p "$root$(dirname "$library")"
  cp -L "$library" "$root$library"
done
tar -C "$root" --owner=0 --group=0 -cf - .
`;

/** Imports an image that skep's own can be built on; nothing is pulled. */
export async function makeBaseImage(repo: string, tag: string): Promise<void> {
  const archive = execFileSync('bash', ['-euo', 'pipefail', '-c', ASSEMBLE], {
    env: { ...process.env, NODE: process.execPath },
    maxBuffer: 256 * 1024 * 1024,
  });
  const query = new URLSearchParams({ fromSrc: '-', repo, tag });
  query.append('changes', 'ENV PATH=/usr/bin:/bin');
  const made = await engineRequest(
    testEngine(),
    'POST',
    `/images/create?${query.toString()}`,
    archive,
  );
  if (made.status !== 200 || made.body.includes('"error"')) throw new Error(made.body);
}

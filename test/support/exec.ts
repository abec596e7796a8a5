import type Docker from 'dockerode';

/** What a command in a container says, without the last line's end. */
export async function execIn(docker: Docker, id: string, argv: readonly string[]): Promise<string> {
  const command = { Cmd: [...argv], AttachStdout: true, AttachStderr: true, Tty: true };
  const made = await docker.getContainer(id).exec(command);
  const stream = await made.start({ Tty: true });
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  return text.replaceAll('\r\n', '\n').replace(/\n$/, '');
}

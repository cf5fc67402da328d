import { readFile } from 'node:fs/promises';

/** Number of CAP_SYS_RESOURCE (linux/capability.h). */
const CAP_SYS_RESOURCE = 24n;

/**
 * An OCI runtime that runs the real one, after it has taken out of the container's specification what a machine
 * whose capability bounding set lacks CAP_SYS_RESOURCE cannot give: that capability, and a lower oom_score_adj.
 */
export const runtimeWithoutSysResource = (runc: string) => `#!/bin/sh
set -eu
action= bundle=. process= previous=
for argument; do
  case $previous in
    --bundle | -b) bundle=$argument ;;
    --process | -p) process=$argument ;;
  esac
  case $argument in
    create | run | exec | start | kill | delete | state | update | events | ps | pause | resume)
      [ -n "$action" ] || action=$argument ;;
    --bundle=*) bundle=\${argument#*=} ;;
    --process=*) process=\${argument#*=} ;;
  esac
  previous=$argument
done
case $action in
  create | run) file=$bundle/config.json ;;
  exec) file=$process ;;
  *) file= ;;
esac
if [ -f "$file" ]; then
  sed -i -e 's/,"CAP_SYS_RESOURCE"//g' -e 's/"CAP_SYS_RESOURCE",\\{0,1\\}//g' \\
    -e 's/,"oomScoreAdj":-\\{0,1\\}[0-9]*//' -e 's/"oomScoreAdj":-\\{0,1\\}[0-9]*,//' "$file"
fi
exec ${runc} "$@"
`;

/** Whether the machine lacks it; nothing that runs here can have it then. */
export async function lacksSysResource(statusFile = '/proc/self/status'): Promise<boolean> {
  const status = await readFile(statusFile, 'utf8');
  const bounding = /^CapBnd:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? 'ffffffffffffffff';
  return ((BigInt(`0x${bounding}`) >> CAP_SYS_RESOURCE) & 1n) === 0n;
}

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SetupError } from '../errors.ts';
import { defineArtefact, type Artefact } from './artefact.ts';
import { run } from './commands.ts';
import { debianRelease } from './debian.ts';
import { layerFacts, layerOfFolder } from './layer.ts';
import { DEBIAN, KIND_BASE_FILES, PAUSE_IMAGE } from './pins.ts';

/** Raised when what the script below does changes. */
const REVISION = 1;

/**
 * The lowest layer of a kind node: Debian with systemd, and the files that kind itself puts into its node images,
 * as its own Dockerfile does it (kind, images/base/Dockerfile).
 *
 * @param kind has kind's base files in its folder
 */
export function kindRootLayer(kind: Artefact): Artefact {
  return defineArtefact({
    name: 'layer-kind-root',
    inputs: [DEBIAN.kindNode, PAUSE_IMAGE, REVISION],
    dependsOn: [kind],
    build: async (folder, context) => {
      const { signal, logFile } = context;
      const root = join(folder, 'root');
      const release = await debianRelease();
      if (release === undefined)
        throw new SetupError('the node image of a kind cluster can only be built on Debian', {
          hint: 'Use --images released, which pulls it.',
        });
      // What apt itself would ask, however its sources are written down.
      const sources = await run(
        'apt-get',
        ['indextargets', '--format', '$(REPO_URI) $(CODENAME)', 'Created-By: Packages'],
        { purpose: 'asking apt for its sources', signal, logFile },
      );
      const mirror = sources.split('\n').find((line) => line.endsWith(` ${release}`)) ?? '';
      await run(
        'unshare',
        [
          ...['--mount', '--pid', '--fork', '--kill-child', '--mount-proc', '--'],
          ...['/bin/sh', '-euc', MAKE, 'make', root, release, mirror.split(' ')[0] ?? ''],
          ...[DEBIAN.kindNode.join(','), join(context.folderOf(kind), KIND_BASE_FILES), PAUSE_IMAGE],
        ],
        { purpose: "making the kind node's root file system", signal, logFile },
      );
      const runc = await run('chroot', [root, 'runc', '--version'], {
        purpose: 'asking the node for its runc',
        signal,
      });
      const layer = await layerOfFolder(root, join(folder, 'layer.tar'), context);
      await rm(root, { recursive: true });
      return { ...layerFacts([layer]), runc: /runc version (\S+)/.exec(runc)?.[1] ?? '' };
    },
  });
}

/**
 * $1 the root to make, $2 Debian's release, $3 where its packages are, $4 their names, $5 kind's base files, $6 the
 * pod sandbox's image. A file of sysctls that are the whole machine's is taken out: systemd would set them.
 */
const MAKE = `
root=$1
debootstrap --variant=minbase --include="$4" "$2" "$root" "$3"
cp -r --no-preserve=mode,ownership "$5/usr" "$5/kind" "$5/etc" "$root/"
chmod 0755 "$root"/usr/local/bin/* "$root/kind" "$root/kind/bin" "$root"/kind/bin/*
mkdir -p "$root/etc/kubernetes/manifests" "$root/etc/cni/net.d" "$root/opt/cni/bin"
sed -i -e 's/SystemdCgroup = true/SystemdCgroup = false/' \
  -e 's/restrict_oom_score_adj = false/restrict_oom_score_adj = true/' \
  -e "s#registry.k8s.io/pause:[0-9.]*#$6#" "$root/etc/containerd/config.toml"
rm -f "$root"/usr/lib/sysctl.d/* "$root"/etc/sysctl.conf "$root"/etc/hostname
find "$root/etc/sysctl.d" -type f -o -type l | while read -r file; do
  [ -e "$5/etc/sysctl.d/\${file##*/}" ] || rm -f "$file"
done
chroot "$root" /bin/sh -euc '
  units=/lib/systemd/system
  rm -f $units/sysinit.target.wants/systemd-tmpfiles-setup.service $units/multi-user.target.wants/* \
    /etc/systemd/system/*.wants/* $units/local-fs.target.wants/* $units/sockets.target.wants/*udev* \
    $units/sockets.target.wants/*initctl* $units/basic.target.wants/*
  echo ReadKMsg=no >>/etc/systemd/journald.conf
  ln -sf /usr/lib/systemd/systemd /sbin/init
  systemctl enable kubelet.service containerd.service undo-mount-hacks.service
  systemctl mask systemd-binfmt.service
'
cd "$root"
rm -rf var/cache/apt/* var/lib/apt/lists/* usr/share/doc/* usr/share/man/* usr/share/locale/* var/log/*
`;

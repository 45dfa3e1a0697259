/** A Debian world as the real apt sees it: its lists are written where `apt-get update` would put them. */
import { createAptRoot, simulate, type AptAnswer, type AptRoot } from './apt.ts';
import { filesOf, packagesText, releaseText, statusText, type World } from './debian.ts';

const LISTS = 'var/lib/apt/lists/mirror.example.org_debian_dists_';

function layOut(world: World): AptRoot {
  const architectures = world.architectures ?? ['amd64'];
  const root = createAptRoot(architectures);
  for (const [path, content] of filesOf(world)) root.write(path, content);
  root.write('var/lib/dpkg/status', statusText(world.installed));
  for (const suite of world.suites) {
    root.write(`${LISTS}${suite.name}_Release`, releaseText(suite));
    for (const architecture of architectures) {
      const own = suite.packages.filter(({ Architecture = 'amd64' }) =>
        [architecture, 'all'].includes(Architecture),
      );
      root.write(`${LISTS}${suite.name}_main_binary-${architecture}_Packages`, packagesText(own));
    }
  }
  return root;
}

export function realAnswer(world: World, how: 'upgrade' | 'dist-upgrade' = 'upgrade'): AptAnswer {
  const root = layOut(world);
  try {
    return simulate(root, how);
  } finally {
    root.remove();
  }
}

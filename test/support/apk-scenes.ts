/** Images of Alpine as there are, by what is special about them. */
import type { ApkWorld } from './apk-world.ts';

const BASE = [
  { name: 'musl', version: '1.2.5-r9', provides: 'so:libc.musl-x86_64.so.1=1' },
  {
    name: 'busybox',
    version: '1.37.0-r12',
    depends: 'so:libc.musl-x86_64.so.1',
    provides: 'cmd:sh=1.37.0-r12',
  },
  {
    name: 'busybox-binsh',
    version: '1.37.0-r12',
    origin: 'busybox',
    depends: 'busybox=1.37.0-r12',
    provides: '/bin/sh',
  },
] as const;
const NEWER = [
  BASE[0],
  { ...BASE[1], version: '1.37.0-r14', provides: 'cmd:sh=1.37.0-r14' },
  { ...BASE[2], version: '1.37.0-r14', depends: 'busybox=1.37.0-r14' },
] as const;
const SSL = {
  name: 'libssl3',
  version: '3.5.0-r0',
  origin: 'openssl',
  provides: 'so:libssl.so.3=3.5.0',
  depends: 'so:libc.musl-x86_64.so.1',
};

export const APK_SCENES: Readonly<Record<string, ApkWorld>> = {
  'nothing newer': {
    repositories: [{ packages: BASE }],
    installed: BASE,
    world: 'busybox-binsh musl',
  },
  'packages that go together': {
    repositories: [{ packages: NEWER }],
    installed: BASE,
    world: 'busybox-binsh musl',
  },
  'a package of another repository': {
    repositories: [{ packages: BASE }, { packages: [{ name: 'tool', version: '2-r0' }] }],
    installed: [...BASE, { name: 'tool', version: '1-r0' }],
    world: 'busybox-binsh musl tool',
  },
  'the world asks for one version': {
    repositories: [{ packages: [...NEWER, { ...SSL, version: '3.5.1-r0' }] }],
    installed: [...BASE, SSL],
    world: 'busybox-binsh=1.37.0-r12 libssl3 musl',
  },
  'the world asks for versions that begin so': {
    repositories: [
      {
        packages: [
          ...BASE,
          { name: 'python3', version: '3.12.9-r0' },
          { name: 'python3', version: '3.13.1-r0' },
        ],
      },
    ],
    installed: [...BASE, { name: 'python3', version: '3.12.8-r0' }],
    world: 'busybox-binsh musl python3~3.12',
  },
  'a tagged repository that nothing is pinned to': {
    repositories: [{ packages: BASE }, { tag: 'edge', packages: NEWER }],
    installed: BASE,
    world: 'busybox-binsh musl',
  },
  'one package pinned to a tagged repository': {
    repositories: [
      { packages: [...BASE, { name: 'tool', version: '1.5-r0' }, { name: 'lib', version: '1-r0' }] },
      {
        tag: 'edge',
        packages: [
          { name: 'tool', version: '2-r0', depends: 'lib>=1' },
          { name: 'lib', version: '3-r0' },
        ],
      },
    ],
    installed: [
      ...BASE,
      { name: 'tool', version: '1-r0', depends: 'lib', tag: 'edge' },
      { name: 'lib', version: '1-r0' },
    ],
    world: 'busybox-binsh musl tool@edge',
  },
  'what a pinned package needs comes from there too': {
    repositories: [
      { packages: [...BASE, { name: 'lib', version: '1-r0' }] },
      {
        tag: 'edge',
        packages: [
          { name: 'tool', version: '2-r0', depends: 'lib>=2' },
          { name: 'lib', version: '3-r0' },
        ],
      },
    ],
    installed: [
      ...BASE,
      { name: 'tool', version: '1-r0', depends: 'lib', tag: 'edge' },
      { name: 'lib', version: '1-r0' },
    ],
    world: 'busybox-binsh musl tool@edge',
  },
  'a library that changed its name, all built anew': {
    repositories: [
      {
        packages: [
          ...BASE,
          { name: 'lib', version: '2-r0', provides: 'so:lib.so.2=2' },
          { name: 'app', version: '1-r1', depends: 'so:lib.so.2' },
        ],
      },
    ],
    installed: [
      ...BASE,
      { name: 'lib', version: '1-r0', provides: 'so:lib.so.1=1' },
      { name: 'app', version: '1-r0', depends: 'so:lib.so.1' },
    ],
    world: 'app busybox-binsh musl',
  },
  'a library that changed its name, and somebody left behind': {
    repositories: [{ packages: [...BASE, { name: 'lib', version: '2-r0', provides: 'so:lib.so.2=2' }] }],
    installed: [
      ...BASE,
      { name: 'lib', version: '1-r0', provides: 'so:lib.so.1=1' },
      { name: 'own', version: '1-r0', depends: 'so:lib.so.1' },
    ],
    world: 'busybox-binsh musl own',
  },
  'something new is needed, and can be had': {
    repositories: [
      {
        packages: [
          ...BASE,
          { name: 'app', version: '2-r0', depends: 'so:new.so.1' },
          { name: 'new', version: '1-r0', provides: 'so:new.so.1=1' },
        ],
      },
    ],
    installed: [...BASE, { name: 'app', version: '1-r0' }],
    world: 'app busybox-binsh musl',
  },
  'something new is needed, and is not there': {
    repositories: [{ packages: [...BASE, { name: 'app', version: '2-r0', depends: 'so:new.so.1' }] }],
    installed: [...BASE, { name: 'app', version: '1-r0' }],
    world: 'app busybox-binsh musl',
  },
  'no longer needed by anything': {
    repositories: [
      { packages: [...BASE, { name: 'app', version: '2-r0' }, { name: 'helper', version: '2-r0' }] },
    ],
    installed: [
      ...BASE,
      { name: 'app', version: '1-r0', depends: 'helper' },
      { name: 'helper', version: '1-r0' },
    ],
    world: 'app busybox-binsh musl',
  },
  'there because two others are': {
    repositories: [
      {
        packages: [
          ...NEWER,
          { name: 'app', version: '1-r0' },
          { name: 'app-sh', version: '2-r0', installIf: 'app=1-r0 busybox' },
        ],
      },
    ],
    installed: [
      ...BASE,
      { name: 'app', version: '1-r0' },
      { name: 'app-sh', version: '1-r0', installIf: 'app=1-r0 busybox' },
    ],
    world: 'app busybox-binsh musl',
  },
  'must not be there together': {
    repositories: [
      {
        packages: [
          ...BASE,
          { name: 'one', version: '2-r0', depends: '!two' },
          { name: 'two', version: '1-r0' },
        ],
      },
    ],
    installed: [...BASE, { name: 'one', version: '1-r0' }, { name: 'two', version: '1-r0' }],
    world: 'busybox-binsh musl one two',
  },
  'a build that was made anew under the same version': {
    repositories: [{ packages: [...BASE, { name: 'app', version: '1-r0', depends: 'busybox' }] }],
    installed: [...BASE, { name: 'app', version: '1-r0' }],
    world: 'app busybox-binsh musl',
  },
  'for another architecture': {
    repositories: [
      {
        packages: [
          ...BASE,
          { name: 'app', version: '2-r0', arch: 'aarch64' },
          { name: 'data', version: '2-r0', arch: 'noarch' },
        ],
      },
    ],
    installed: [...BASE, { name: 'app', version: '1-r0' }, { name: 'data', version: '1-r0', arch: 'noarch' }],
    world: 'app busybox-binsh data musl',
  },
  'versions before a release': {
    repositories: [
      {
        packages: [...BASE, { name: 'app', version: '2.0_rc2-r0' }, { name: 'other', version: '2.0_rc1-r0' }],
      },
    ],
    installed: [...BASE, { name: 'app', version: '2.0_rc1-r0' }, { name: 'other', version: '2.0-r0' }],
    world: 'app busybox-binsh musl other',
  },
};

/** Images that other images build on: what is due when a base is published, and in which order. Pure. */
import { compareText } from '../images/content.ts';
import { formatReference, parseReference } from '../images/reference.ts';

/** One published image of one repository. */
export interface GraphImage {
  /** `owner/name`. */
  readonly repository: string;
  /** As published: `ghcr.io/acme/app:latest`. */
  readonly ref: string;
  /** References that its Dockerfile names as bases, as written; stages and what is no reference may be among them. */
  readonly bases: readonly string[];
}

export interface DueImage {
  readonly image: GraphImage;
  /** What it builds on that is published or due itself, as published. Sorted. */
  readonly on: readonly string[];
  /** It builds on what was published; else only on what is due, and is to wait for that. */
  readonly direct: boolean;
}

/**
 * All images, each after those that it builds on, else by repository and reference. Of images that build on each other in
 * a circle, the circle is cut somewhere; what hangs on it still follows it.
 */
export function basesFirst(images: readonly GraphImage[]): readonly GraphImage[] {
  return orderOf(graphOf(images)).map(({ image }) => image);
}

/** Images that build on what was published, however far, bases first; never those that were published themselves. */
export function dueDependents(
  published: readonly string[],
  images: readonly GraphImage[],
): readonly DueImage[] {
  const nodes = graphOf(images);
  const given = new Set(published.map(nameOf).filter((name) => name !== null));
  const due = new Set(nodes.filter(({ name }) => name !== null && given.has(name)));
  // A set grows while it is walked, so this reaches all; a circle adds nothing twice.
  for (const node of due) for (const dependent of node.dependents) due.add(dependent);
  return orderOf(nodes)
    .filter((node) => due.has(node) && (node.name === null || !given.has(node.name)))
    .map(({ image, bases }) => {
      const on = [...bases].filter((base) => due.has(base));
      return {
        image,
        on: [...new Set(on.map((base) => base.image.ref))].sort(compareText),
        direct: on.some(({ name }) => name !== null && given.has(name)),
      };
    });
}

interface Node {
  readonly image: GraphImage;
  readonly name: string | null;
  readonly bases: Set<Node>;
  readonly dependents: Set<Node>;
}

/** Sorted, so that the order of what is given does not matter. */
function graphOf(images: readonly GraphImage[]): readonly Node[] {
  const nodes = images
    .toSorted((a, b) => compareText(a.repository, b.repository) || compareText(a.ref, b.ref))
    .map((image): Node => ({ image, name: nameOf(image.ref), bases: new Set(), dependents: new Set() }));
  const byName = Map.groupBy(nodes, ({ name }) => name);
  for (const node of nodes) {
    const names = new Set(node.image.bases.map(nameOf));
    for (const base of [...names].flatMap((name) => (name === null ? [] : (byName.get(name) ?? [])))) {
      // An image that copies from its own last build is due by nothing but itself.
      if (base.name === node.name) continue;
      node.bases.add(base);
      base.dependents.add(node);
    }
  }
  return nodes;
}

/** `docker.io/acme/base:latest`; null for a digest alone, which no build moves, and for what is no reference. */
function nameOf(text: string): string | null {
  const reference = parseReference(text);
  if (reference === null || (reference.tag === null && reference.digest !== null)) return null;
  return formatReference({ ...reference, tag: reference.tag ?? 'latest', digest: null });
}

/** By rounds: all whose bases are done, in the nodes' order. */
function orderOf(nodes: readonly Node[]): readonly Node[] {
  const places = new Map(nodes.map((node, index) => [node, index]));
  const missing = new Map(nodes.map((node) => [node, node.bases.size]));
  const order: Node[] = [];
  let ready: readonly Node[] = nodes.filter(({ bases }) => bases.size === 0);
  let first = 0;
  while (order.length < nodes.length) {
    if (ready.length === 0) {
      while (isDone(nodes[first], missing)) first += 1;
      ready = inCircle(nodes[first], missing);
    }
    for (const node of ready) missing.delete(node);
    order.push(...ready);
    const released: Node[] = [];
    for (const dependent of ready.flatMap(({ dependents }) => [...dependents])) {
      const left = missing.get(dependent);
      if (left === undefined) continue;
      missing.set(dependent, left - 1);
      if (left === 1) released.push(dependent);
    }
    ready = released.sort((a, b) => (places.get(a) ?? 0) - (places.get(b) ?? 0));
  }
  return order;
}

function isDone(node: Node | undefined, missing: ReadonlyMap<Node, number>): boolean {
  return node !== undefined && !missing.has(node);
}

/** Where nothing is ready, bases that are missing lead round in the end: one of those that they come back to. */
function inCircle(start: Node | undefined, missing: ReadonlyMap<Node, number>): readonly Node[] {
  const seen = new Set<Node>();
  let node = start;
  while (node !== undefined && !seen.has(node)) {
    seen.add(node);
    node = [...node.bases].find((base) => missing.has(base));
  }
  return node === undefined ? [] : [node];
}

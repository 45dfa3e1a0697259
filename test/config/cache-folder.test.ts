import { expect, it } from 'vitest';
import { cacheFolderOf } from '../../src/config/cache-folder.ts';

it.each([
  [{ cacheFolder: '/c' }, { XDG_CACHE_HOME: '/x' }, '/c'],
  [{ cacheFolder: null }, { XDG_CACHE_HOME: '/x' }, '/x/relock'],
  [{ cacheFolder: null }, { XDG_CACHE_HOME: 'x' }, '/home/u/.cache/relock'],
  [{ cacheFolder: null }, {}, '/home/u/.cache/relock'],
])('%j with %j is %s', (settings, environment, folder) => {
  expect(cacheFolderOf(settings, environment, '/home/u')).toBe(folder);
});

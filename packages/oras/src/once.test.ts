import { expect, it } from 'vitest';

import { createLimiter } from './limiter.ts';
import { createOnce } from './once.ts';
import { createQueues } from './queues.ts';

const { signal } = new AbortController();

function later<T>() {
  return Promise.withResolvers<T>();
}

it('does work once, however often it is asked for', async () => {
  const once = createOnce<number>();
  let runs = 0;
  const work = async (): Promise<number> => (runs += 1);
  expect(await Promise.all([once.run('a', signal, work), once.run('a', signal, work)])).toEqual([
    1, 1,
  ]);
  expect(await once.run('b', signal, work)).toBe(2);
  once.forgetDone('a');
  expect(await once.run('a', signal, work)).toBe(3);
});

it('does not remember failures', async () => {
  const once = createOnce<string>();
  await expect(once.run('a', signal, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await once.run('a', signal, async () => 'yes')).toBe('yes');
});

it('does work again that another caller broke off', async () => {
  const once = createOnce<string>();
  const first = new AbortController();
  const hold = later<string>();
  const broken = once.run('a', first.signal, () => hold.promise);
  const waiting = once.run('a', signal, async () => 'mine');
  first.abort(new Error('stop'));
  hold.reject(new Error('stop'));
  await expect(broken).rejects.toThrow('stop');
  expect(await waiting).toBe('mine');
});

it('waits no longer than the own signal allows', async () => {
  const once = createOnce<string>();
  const hold = later<string>();
  const other = once.run('a', signal, () => hold.promise);
  const mine = new AbortController();
  const waiting = once.run('a', mine.signal, async () => 'never');
  mine.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  hold.resolve('done');
  expect(await other).toBe('done');
});

it('a limiter lets in so many at a time, in order', async () => {
  const limit = createLimiter(2);
  const holds = [later<void>(), later<void>(), later<void>()];
  const begun: number[] = [];
  const tasks = holds.map((hold, at) =>
    limit(async () => {
      begun.push(at);
      await hold.promise;
      if (at === 1) throw new Error('failed');
    }),
  );
  await Promise.resolve();
  expect(begun).toEqual([0, 1]);
  holds[1]?.resolve();
  await expect(tasks[1]).rejects.toThrow('failed');
  holds[0]?.resolve();
  await tasks[0];
  expect(begun).toEqual([0, 1, 2]);
  holds[2]?.resolve();
  await tasks[2];
});

it('a queue runs the tasks of one key one after the other, also after a failure', async () => {
  const queues = createQueues();
  const hold = later<void>();
  const order: string[] = [];
  const first = queues('a', async () => {
    await hold.promise;
    order.push('first');
    throw new Error('failed');
  });
  const second = queues('a', async () => void order.push('second'));
  await queues('b', async () => void order.push('other'));
  hold.resolve();
  await expect(first).rejects.toThrow('failed');
  await second;
  expect(order).toEqual(['other', 'first', 'second']);
});

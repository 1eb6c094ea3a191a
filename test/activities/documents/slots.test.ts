import { createSlots } from '../../../activities/documents/slots';

describe('slots', () => {
  it('bound how many tasks run, and keep the order of the others', async () => {
    const slots = createSlots(2);
    const begun: number[] = [];
    const release: (() => void)[] = [];
    const tasks = [0, 1, 2, 3].map((task) =>
      slots.run(async () => {
        begun.push(task);
        await new Promise<void>((resolve) => release.push(resolve));
      }),
    );
    await new Promise(setImmediate);
    expect(begun).toEqual([0, 1]);
    release[1]?.();
    await tasks[1];
    await new Promise(setImmediate);
    expect(begun).toEqual([0, 1, 2]);
    release[0]?.();
    await tasks[0];
    await new Promise(setImmediate);
    for (const resolve of release) resolve();
    await Promise.all(tasks);
    expect(begun).toEqual([0, 1, 2, 3]);
  });

  it('are given back by tasks that fail', async () => {
    const slots = createSlots(1);
    const failing = slots.run(() => Promise.reject(new Error('failed')));
    const next = slots.run(async () => 'done');
    await expect(failing).rejects.toThrow('failed');
    expect(await next).toBe('done');
  });

  it('are not waited for by those who have given up', async () => {
    const slots = createSlots(1);
    let release: () => void = () => undefined;
    const first = slots.run(() => new Promise<void>((resolve) => (release = resolve)));
    const giveUp = new AbortController();
    const second = slots.run(async () => 'second', giveUp.signal);
    const third = slots.run(async () => 'third', new AbortController().signal);
    giveUp.abort(new Error('given up'));
    await expect(second).rejects.toThrow('given up');
    await expect(slots.run(async () => 'late', giveUp.signal)).rejects.toThrow('given up');
    release();
    await first;
    expect(await third).toBe('third');
    expect(await slots.run(async () => 'free again')).toBe('free again');
  });
});

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
});

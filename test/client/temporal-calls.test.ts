import { type Client, ServiceError } from '@temporalio/client';
import { callTemporal } from '../../client/temporal-calls';
import { UserError } from '../../contracts/errors';

/** As the SDK hands on what a server answers. */
function answering(code: number): Promise<unknown> {
  const access = {
    address: 'temporal.example:7233',
    taskQueue: 'any',
    client: {
      withDeadline: <T>(_: number, call: () => Promise<T>) => call(),
    } as unknown as Client,
  };
  const cause = Object.assign(new Error('grpc'), { code, details: 'the words.', metadata: {} });
  return callTemporal(access, () => Promise.reject(new ServiceError('failed', { cause })));
}

it.each([
  [2, 'unknown'],
  [4, 'deadline exceeded'],
  [8, 'resource exhausted'],
  [9, 'failed precondition: a workflow task that failed with its worker'],
  [10, 'aborted'],
  [13, 'internal'],
  [14, 'unavailable'],
])('says that the call may be made again after %d (%s)', async (code) => {
  await expect(answering(code)).rejects.toMatchObject({
    kind: 'unavailable',
    message: expect.stringMatching(/^Temporal at temporal\.example:7233 .*[.]$/),
  });
});

it.each([7, 16])('says what to put right after %d', async (code) => {
  await expect(answering(code)).rejects.toThrow(/refuses this caller/);
});

it('lets through what no caller can do anything about', async () => {
  await expect(answering(3)).rejects.not.toBeInstanceOf(UserError);
});

import { phase, team } from '../../support/teams';
import { ask, askJson } from './ask';
import { serveTestInstallation, type TestInstallation } from './served-api';

let here: TestInstallation;
beforeAll(async () => {
  here = await serveTestInstallation();
});
afterAll(() => here.close());

describe('teams over HTTP', () => {
  it('lists the ready teams and shows the definition of one', async () => {
    const { body } = await ask(`${here.api.url}/v1/teams`);
    expect(body.teams).toContainEqual(
      expect.objectContaining({ name: 'report', documents: 'required', phases: expect.any(Array) }),
    );
    const one = await ask(`${here.api.url}/v1/teams/report`);
    expect(one.body.definition.phases[0].name).toBe(one.body.phases[0]);
  });

  it('answers 404 for a team that there is not, naming those there are', async () => {
    for (const name of ['nobody', 'constructor', '__proto__']) {
      const { status, body } = await ask(`${here.api.url}/v1/teams/${name}`);
      expect([name, status]).toEqual([name, 404]);
      expect(body.detail).toContain('report');
    }
  });

  it('names every problem of a definition at once', async () => {
    const { status, body } = await askJson(`${here.api.url}/v1/teams/validate`, {
      name: 'Bad Name',
      version: '1.0.0',
      phases: [{ name: 'a', needs: ['a', 'b'], surprise: 1 }],
    });
    expect(status).toBe(200);
    expect(body.valid).toBe(false);
    const paths = body.problems.map(({ path }: { path: string }) => path);
    expect(paths).toEqual(
      expect.arrayContaining(['name', 'phases/0/surprise', 'phases/0/needs/1', 'phases/0']),
    );
  });

  it('says which models have no price here, in its check and at a start', async () => {
    const priced = await serveTestInstallation((deps) => ({
      ...deps,
      installedTools: { ...deps.installedTools, pricedModels: ['claude-haiku-5-5'] },
    }));
    try {
      const { definition } = team([phase('only', { model: { name: 'dear-1' } })]);
      const { body } = await askJson(`${priced.api.url}/v1/teams/validate`, definition);
      expect(body.problems).toEqual([
        { path: 'phases/0/model/name', message: expect.stringContaining('no price is known') },
      ]);
      const start = priced.remote.startRun({ definition }, { question: 'Why?' });
      await expect(start).rejects.toMatchObject({
        kind: 'bad_input',
        field: 'phases/0/model/name',
      });
    } finally {
      await priced.close();
    }
  });

  it('finds nothing wrong with its own team', async () => {
    const { body } = await ask(`${here.api.url}/v1/teams/report`);
    const verdict = await askJson(`${here.api.url}/v1/teams/validate`, body.definition);
    expect(verdict.body).toEqual({ valid: true, problems: [] });
  });
});

import { sameLanguage } from '../../../activities/checks/same-language';
import { MemoryContentStore } from '../../support/memory-content-store';

const TEXTS = {
  eng: 'The budget of a run is shared out among its phases, and what one of them does not need is left for the others. A call that does not fit is never made.',
  deu: 'Das Budget eines Laufs wird auf seine Phasen verteilt, und was eine davon nicht braucht, bleibt den anderen. Ein Aufruf, der nicht hineinpasst, wird nie gemacht.',
  fra: 'Le budget d’une exécution est réparti entre ses phases, et ce dont l’une n’a pas besoin reste aux autres. Un appel qui ne tient pas n’est jamais fait.',
  spa: 'El presupuesto de una ejecución se reparte entre sus fases, y lo que una de ellas no necesita queda para las demás. Una llamada que no cabe no se hace nunca.',
  ita: 'Il bilancio di un’esecuzione è ripartito tra le sue fasi, e ciò che una di esse non usa resta alle altre. Una chiamata che non ci sta non viene mai fatta.',
  nld: 'Het budget van een uitvoering wordt over haar fasen verdeeld, en wat een daarvan niet nodig heeft, blijft voor de andere. Een aanroep die niet past, wordt nooit gedaan.',
  pol: 'Budżet przebiegu jest dzielony między jego etapy, a to, czego jeden z nich nie potrzebuje, pozostaje dla innych. Wywołanie, które się nie mieści, nigdy nie jest wykonywane.',
  rus: 'Бюджет запуска распределяется между его этапами, и то, что одному из них не нужно, остаётся другим. Вызов, который не помещается, никогда не делается.',
  arb: 'توزع ميزانية التشغيل على مراحله، وما لا تحتاجه إحداها يبقى للمراحل الأخرى. أما الاستدعاء الذي لا تتسع له الميزانية فلا يجرى أبدا.',
  cmn: '运行的预算在各个阶段之间分配，某个阶段不需要的部分留给其他阶段。超出预算的调用绝不会进行。',
  jpn: '実行の予算は各フェーズに分けられ、あるフェーズが必要としない分は他のフェーズに残ります。収まらない呼び出しは決して行われません。',
};
const QUESTIONS = {
  eng: 'What do these documents say about budgets, retries, approvals and limits?',
  deu: 'Was sagen diese Unterlagen über Budgets, Wiederholungen, Freigaben und Grenzen?',
  fra: 'Que disent ces documents au sujet des budgets, des reprises et des limites ?',
  rus: 'Что говорится в этих документах о бюджетах, повторах и ограничениях?',
  cmn: '这些文件对预算、重试、审批和限制有什么说明？请逐一说明并引用原文。',
};

const problemsOf = async (
  output: Record<string, unknown>,
  question: string,
  language?: string,
): Promise<string[]> => {
  const { problems } = await sameLanguage(
    {
      ...{ output, question, inputs: {}, toolResults: [], documents: undefined },
      ...(language ? { language } : {}),
      text: async () => '',
    },
    new MemoryContentStore(),
  );
  return problems.map(({ path, message }) => `${path} ${message}`);
};

const pairs = Object.entries(QUESTIONS).flatMap(([asked, question]) =>
  Object.entries(TEXTS).map(([code, text]) => [asked, code, question, text] as const),
);

it.each(pairs)('a question in %s with an answer in %s', async (asked, code, question, text) => {
  const problems = await problemsOf({ text }, question);
  expect(problems).toHaveLength(asked === code ? 0 : 1);
});

it.each(Object.entries(TEXTS))('a phase that writes in %s has it so', async (code, text) => {
  expect(await problemsOf({ text }, '?', code)).toEqual([]);
  const other = code === 'eng' ? 'deu' : 'eng';
  expect(await problemsOf({ text }, '?', other)).toHaveLength(1);
});

it('says where, which, and which instead', async () => {
  const output = { sections: [{ text: TEXTS.eng }, { text: TEXTS.deu }] };
  expect(await problemsOf(output, QUESTIONS.eng)).toEqual([
    '/sections/1/text is in German; write in the language of the question',
  ]);
});

it('tells texts together that are too short alone', async () => {
  const points = ['Das Budget ist verteilt.', 'Der Rest bleibt übrig.', 'Niemand zahlt doppelt.'];
  expect(await problemsOf({ points }, QUESTIONS.eng, 'eng')).toEqual([
    ' is in German; write in English',
  ]);
});

it.each([
  ['a short answer', { text: 'Ja, genau.' }, QUESTIONS.eng],
  ['a short question', { text: TEXTS.deu }, 'Budget?'],
  [
    'a question of names and figures',
    { text: TEXTS.deu },
    'ACME 2024, 2025; https://example.com/a-long-path-of-words?',
  ],
  ['quotes from documents', { findings: [{ quote: TEXTS.fra, document: 'a.md' }] }, QUESTIONS.eng],
])('says nothing of %s', async (_what, output, question) => {
  expect(await problemsOf(output, question)).toEqual([]);
});

import js from '@eslint/js';
import ts from 'typescript-eslint';

// A later block replaces an earlier `no-restricted-syntax`, so each block states all that it forbids.
const always = [
  {
    selector: "CallExpression[callee.object.name='process'][callee.property.name='exit']",
    message: 'A pipe loses what is still queued: set process.exitCode and let the loop empty.',
  },
  {
    selector: "ClassDeclaration:not([id.name='ServiceError'])",
    message: 'Functions before classes: a factory returns the function.',
  },
  { selector: 'ExportAllDeclaration', message: 'No barrels.' },
  { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' },
];
const clock = [
  {
    selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']",
    message: 'The clock is read in bin/ and handed in.',
  },
  {
    selector: "NewExpression[callee.name='Date'][arguments.length=0]",
    message: 'The clock is read in bin/ and handed in.',
  },
];
const chance = [
  {
    selector: "CallExpression[callee.object.name='Math'][callee.property.name='random']",
    message: 'Chance is handed in.',
  },
  { selector: "CallExpression[callee.name='randomUUID']", message: 'Identifiers are handed in.' },
  { selector: 'AwaitExpression', message: 'core/ is pure.' },
];
const syntax = (...rules) => ({ 'no-restricted-syntax': ['error', ...rules] });

/** Each folder and what it may not import: imports point one way (docs/design.md). Types are included. */
const directions = {
  'src/core/**': ['^(?!(\\./|zod$|avsc$|node:crypto$))'],
  'src/core/schedule/**': ['^(?!(\\./|\\.\\./[\\w-]+\\.ts$))'],
  'src/core/backfill/**': ['^(?!(\\./|\\.\\./(schedule/)?[\\w-]+\\.ts$))'],
  'src/io/**': ['/(config|log|session|loop|pipeline)\\.ts$', '^\\./', '/(bin|simulator)/'],
  'src/simulator/**': ['^\\.\\./(?!core/)'],
  'src/pipeline.ts': ['^\\./(?!core/)'],
  'src/loop.ts': ['^\\./(?!core/|(pause|perform)\\.ts$)'],
  'src/perform.ts': ['^\\./(?!core/|pipeline\\.ts$)'],
  'src/config.ts': ['^\\./(?!core/)'],
  'src/log.ts': ['^\\./(?!core/|config\\.ts$)'],
  'src/clients.ts': ['^\\./(?!core/|io/|config\\.ts$|log\\.ts$)'],
  'src/installation.ts': ['^\\./(?!core/|io/|clients\\.ts$|config\\.ts$)'],
  'src/steps.ts': ['^\\./(?!core/|io/|clients\\.ts$|config\\.ts$|log\\.ts$)'],
  'src/dead-letters.ts': ['^\\./(?!core/|clients\\.ts$|config\\.ts$)'],
  'src/watermarks.ts': ['^\\./(?!core/|io/|clients\\.ts$|config\\.ts$|staying\\.ts$)'],
  'src/staying.ts': ['^\\./(?!core/|io/|clients\\.ts$)'],
  'src/checkpoints.ts': ['^\\./(?!core/|clients\\.ts$|config\\.ts$|staying\\.ts$)'],
  'src/session.ts': [
    '^\\./(?!core/|io/|checkpoints\\.ts$|clients\\.ts$|config\\.ts$|installation\\.ts$|log\\.ts$|steps\\.ts$|watermarks\\.ts$)',
  ],
  'src/bin/**': ['/io/'],
  'src/decode-record.ts': ['^\\./(?!core/|io/)'],
  'src/index.ts': ['^\\./(?!core/|io/|library/changes\\.ts$)'],
  // What stands in one of these folders may import what stands beside it.
  'src/operate/**': [
    '^\\.\\./(?!core/|io/|clients\\.ts$|config\\.ts$|dead-letters\\.ts$|decode-record\\.ts$|log\\.ts$|loop\\.ts$|pipeline\\.ts$)',
  ],
  'src/commands/**': [
    '^\\.\\./(?!core/|io/|checkpoints\\.ts$|clients\\.ts$|config\\.ts$|dead-letters\\.ts$|decode-record\\.ts$|installation\\.ts$|log\\.ts$|steps\\.ts$|watermarks\\.ts$)',
  ],
  'src/library/**': ['^\\.\\./(?!core/|io/|decode-record\\.ts$|watermarks\\.ts$)'],
};
const forbid = (patterns) => ({
  '@typescript-eslint/no-restricted-imports': [
    'error',
    { patterns: patterns.map((regex) => ({ regex, message: 'Imports point one way: see docs/design.md.' })) },
  ],
});

const house = {
  'max-params': ['error', 3],
  'max-lines': ['error', { max: 150 }],
  'max-lines-per-function': ['error', { max: 40 }],
  'no-else-return': 'error',
  'prefer-const': 'error',
  eqeqeq: 'error',
  'require-atomic-updates': 'error',
  '@typescript-eslint/consistent-type-imports': 'error',
  '@typescript-eslint/no-non-null-assertion': 'error',
  '@typescript-eslint/switch-exhaustiveness-check': 'error',
  '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
  '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
};

export default ts.config(
  { ignores: ['dist', 'node_modules', 'tools', '.cache'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [ts.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      ...house,
      ...syntax(...always, ...clock),
    },
  },
  {
    files: ['page/*.js'],
    extends: [ts.configs.strictTypeChecked],
    languageOptions: { parserOptions: { project: 'tsconfig.page.json' } },
    rules: {
      ...house,
      ...syntax(...always),
      'no-undef': 'off', // tsc knows what a browser has
    },
  },
  ...Object.entries(directions).map(([folder, patterns]) => ({ files: [folder], rules: forbid(patterns) })),
  { files: ['src/core/**'], rules: syntax(...always, ...clock, ...chance) },
  { files: ['src/bin/**', 'dev/**', 'bench/**', 'test/**', 'examples/**'], rules: syntax(...always) },
  { files: ['src/core/events.ts'], rules: { 'max-lines': 'off' } }, // generated
  { files: ['test/**'], rules: { 'max-lines': 'off', 'max-lines-per-function': 'off', 'max-params': 'off' } },
  // jest and eslint ask for default exports, jest's reporter for a class.
  {
    files: ['*.config.js', 'test/support/global-*.ts', 'test/support/reporter.js', 'test/support/clock.js'],
    languageOptions: { globals: { process: 'readonly' } },
    rules: { 'no-restricted-syntax': 'off' },
  },
);

import importX, { createNodeResolver } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

/**
 * Who may import whom (docs/architecture.md). A folder may import from the folders listed for it and from itself;
 * The files of src/ itself that are listed below and type-only ports are open to all.
 */
const mayImport = {
  dicom: [],
  volume: ['dicom', 'findings'],
  'volume-files': ['dicom', 'volume'],
  findings: ['dicom', 'volume'],
  inference: ['dicom', 'volume', 'findings'],
  guidelines: [],
  conclusions: ['findings', 'guidelines', 'dicom'],
  results: ['dicom', 'findings', 'volume', 'inference', 'conclusions', 'guidelines', 'review'],
  review: ['findings', 'conclusions', 'guidelines', 'dicom', 'volume', 'results', 'study', 'index', 'archive'],
  phantom: ['dicom', 'volume'],
  archive: ['dicom', 'findings'],
  index: ['dicom', 'findings', 'study', 'archive', 'review', 'conclusions'],
  study: ['dicom', 'findings', 'archive', 'index', 'review'],
  queue: [],
  audit: ['study', 'index', 'findings', 'accounts'],
  backup: ['archive', 'audit'],
  retention: ['archive', 'audit', 'index'],
  alerts: ['index', 'queue'],
  support: ['audit', 'backup', 'index', 'inference', 'queue', 'config.ts'],
  accounts: ['index'],
  sites: ['study', 'index', 'review', 'dimse', 'delivery'],
  oidc: ['accounts', 'sites'],
  dimse: ['dicom', 'study', 'index', 'archive'],
  dicomweb: ['dicom', 'study', 'index', 'archive', 'findings'],
  delivery: ['dicom', 'study', 'index', 'archive', 'dimse', 'dicomweb'],
  evaluation: ['dicom', 'volume', 'findings', 'inference', 'results'],
  bench: ['dicom', 'volume', 'volume-files', 'findings', 'inference', 'evaluation', 'phantom', 'results', 'settings.ts'],
  lidc: ['dicom', 'volume', 'findings', 'results', 'evaluation'],
  deidentify: ['dicom'],
  'study-export': ['audit', 'deidentify', 'archive', 'index', 'review', 'study', 'volume', 'dicom'],
  analysis: ['findings', 'study', 'index', 'queue', 'results'],
  registry: ['inference', 'analysis', 'queue'],
  http: ['dicom', 'study', 'index', 'archive', 'findings', 'queue', 'dicomweb', 'results', 'inference', 'delivery', 'review', 'conclusions', 'guidelines', 'analysis', 'audit', 'registry', 'accounts', 'sites', 'oidc', 'alerts'],
};

const zones = Object.entries(mayImport).map(([folder, allowed]) => ({
  target: `./src/${folder}`,
  from: './src',
  except: [
    `./${folder}`,
    ...allowed.map((name) => `./${name}`),
    './errors.ts',
    './log.ts',
    './loop.ts',
    './slow-peer.ts',
    './walk-files.ts',
    './deep-readonly.ts',
    './durable-files.ts',
    './system-error.ts',
    './is-gzip.ts',
    './csv-text.ts',
    './sqlite.ts',
    './resident-memory.ts',
  ],
  message: `src/${folder} may import only ${[...allowed, 'errors', 'log'].join(', ')}`,
}));

/** Third-party libraries that enter through one folder only. */
const gates = [
  { group: ['onnxruntime-node'], through: 'src/inference/**' },
  { group: ['@cornerstonejs/core', '@cornerstonejs/tools'], through: 'viewer/rendering/webgl/**' },
  { group: ['bullmq', 'ioredis'], through: 'src/queue/**' },
  { group: ['openid-client'], through: 'src/oidc/**' },
  { group: ['fontkit', 'pdfkit'], through: 'src/results/**' },
  { group: ['@cornerstonejs/codec-*', 'dcmjs-codecs'], through: 'src/dicom/**' },
];
/** One rule setting replaces another, so each folder gets the whole list of what is still forbidden there. */
const forbid = (files, closed) => ({
  files,
  rules: {
    '@typescript-eslint/no-restricted-imports': ['error', {
      patterns: closed.map(({ group, through }) => ({ group, allowTypeImports: true, message: `it enters through ${through}` })),
    }],
  },
});
const gateConfigs = [
  forbid(['src/**/*.ts', 'workers/**/*.ts', 'viewer/**/*.ts'], gates),
  ...gates.map((gate) => forbid([`${gate.through}/*.ts`], gates.filter((other) => other !== gate))),
];

export default tseslint.config(
  { ignores: ['node_modules', 'viewer/dist', 'data', 'coverage', '.train', '.scratch'] },
  ...tseslint.configs.strictTypeChecked.map((config) => ({ ...config, files: ['**/*.ts'] })),
  {
    files: ['**/*.ts'],
    plugins: { 'import-x': importX },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    settings: {
      // By name, `node` would be taken for the package that brings the Node program.
      'import-x/resolver-next': [createNodeResolver({ extensions: ['.ts', '.js'] })],
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts'] },
    },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // Index arithmetic on typed arrays is the substance of volumes: `!` there states an invariant of the loop.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-unnecessary-condition': 'off',
      'import-x/no-cycle': ['error', { maxDepth: Infinity }],
      'import-x/no-restricted-paths': ['error', { zones: [
        ...zones,
        { target: './src', from: './workers', message: 'src never imports workers' },
        { target: './src', from: './viewer', message: 'src never imports the viewer' },
        { target: './workers', from: './src/http', message: 'workers and http meet at the queue' },
      ] }],
      'max-lines': ['error', { max: 500, skipBlankLines: true, skipComments: true }],
      'no-empty': ['error', { allowEmptyCatch: false }],
      'no-console': 'error',
    },
  },
  ...gateConfigs,
  {
    files: ['test/**/*.ts', 'viewer/vite.config.ts', 'vitest.config.ts'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['.ci/*.ts', 'src/cli/**/*.ts', 'src/phantom/export-training.ts', 'src/supply-chain/{audit,write-sbom}.ts', 'viewer/build-if-stale.ts'],
    rules: { 'no-console': 'off' },
  },
);

import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['node_modules/', 'results/', 'bench/results.json'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'no-console': 'error',
      // A bare timer is how propagation gets "waited for"; src/waiting.ts is the one place that may use it.
      'no-restricted-imports': [
        'error',
        {
          paths: [
            { name: 'node:timers/promises', message: 'Wait for the thing itself with src/waiting.ts.' },
          ],
        },
      ],
    },
  },
  {
    // Sockets that are fed late and servers that answer slowly are what these files are about.
    files: ['src/waiting.ts', 'test/**/*.ts', 'services/**/*.ts', 'src/traffic/**/*.ts'],
    rules: { 'no-restricted-imports': 'off' },
  },
  {
    // The Kubernetes client declares the API's objects as classes, but they travel as plain data.
    files: [
      'src/kubernetes/**/*.ts',
      'src/environments/**/*.ts',
      'src/conformance/mesh-session.ts',
      'src/team/**/*.ts',
      'test/team/**/*.ts',
    ],
    rules: {
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/no-misused-spread': 'off',
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off' },
  },
);

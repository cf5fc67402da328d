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
      // A real browser verifies certificates, and what reaches the gateway is what it sent.
      'no-restricted-syntax': [
        'error',
        {
          selector: "Property[key.name='ignoreHTTPSErrors']",
          message: 'The browser verifies the chain by the test CA in its NSS database.',
        },
        {
          selector:
            'CallExpression[callee.property.name=/^(route|routeFromHAR|routeWebSocket|setExtraHTTPHeaders)$/]',
          message:
            'Nothing may stand between the page and the gateway, and headers of the page are subject to CORS.',
        },
        {
          selector:
            'Literal[value=/--(ignore-certificate-errors|disable-web-security|allow-running-insecure-content)/]',
          message: "The browser is a user's, with its checks.",
        },
      ],
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

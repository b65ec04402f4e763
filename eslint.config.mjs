import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

export default defineConfig({
  files: ["{infra,delivery,policy,test}/**/*.ts"],
  extends: [tseslint.configs.strictTypeChecked],
  languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
  rules: {
    // node:test runs and reports a test whether or not its promise is awaited.
    "@typescript-eslint/no-floating-promises": [
      "error",
      {
        allowForKnownSafeCalls: [{ from: "package", package: "node:test", name: ["test", "it", "describe", "suite"] }],
      },
    ],
    // An Output in a template literal reads "Calling [toString] on an [Output<T>]…" in the result. A number is fine.
    "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
    "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
    // Only AWS stacks load these. `import()` would need an ESM loader, which costs 0.2 s of every preview.
    "@typescript-eslint/no-require-imports": ["error", { allow: ["^@pulumi/aws/", "^\\./(ecr|eks|github-identity)$"] }],
    "@typescript-eslint/no-unused-vars": ["error", { varsIgnorePattern: "^_", argsIgnorePattern: "^_" }],
  },
});

import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

/** Imports that these files must not have. */
const forbid = (files, ...patterns) => ({
  files,
  plugins: { "@typescript-eslint": tseslint.plugin },
  rules: { "@typescript-eslint/no-restricted-imports": ["error", { patterns }] },
});
const door = "Import a room of infra/ by its door, the folder's index.ts.";

export default defineConfig(
  {
    files: ["{docs,infra,loader,delivery,policy,test}/**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      curly: "error",
      // node:test runs and reports a test whether or not its promise is awaited.
      "@typescript-eslint/no-floating-promises": [
        "error",
        {
          allowForKnownSafeCalls: [
            { from: "package", package: "node:test", name: ["test", "it", "describe", "suite"] },
          ],
        },
      ],
      // An Output in a template literal reads "Calling [toString] on an [Output<T>]…" in the result. A number is fine.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      // Only stacks with AWS, or with a build, load these. `import()` would need an ESM loader, which costs 0.2 s of every preview.
      "@typescript-eslint/no-require-imports": [
        "error",
        {
          allow: [
            "^@pulumi/aws/",
            "^dockerfile-ast$",
            "^\\./(ecr-registry|find-ecr|eks|github-identity|pod-identity)$",
          ],
        },
      ],
      "@typescript-eslint/no-unused-vars": ["error", { varsIgnorePattern: "^_", argsIgnorePattern: "^_" }],
    },
  },
  // Arrows in infra/ point one way: index.ts → stages → config → base. A unit test imports the file that it tests.
  forbid(["infra/index.ts"], { regex: "^\\./[^/]+/", message: door }),
  forbid(["{delivery,docs,policy,test}/**"], { regex: "/infra/[^/]+/", message: door }),
  forbid(
    ["infra/{cluster,registry,image,service,github}/**"],
    { regex: "^\\.\\./[^/]+/", message: door },
    {
      regex: "^\\.\\.(?!/(base|config)(/|$))",
      allowTypeImports: true,
      message: "A stage needs base and config, and of other stages only types: infra/index.ts joins stages.",
    },
  ),
  forbid(["infra/config/**"], { regex: "^\\.\\.(?!/base$)", message: "infra/config needs infra/base only." }),
  forbid(["infra/base/**"], { regex: "^\\.\\.", message: "infra/base needs no other room." }),
  { files: ["test/unit/**"], rules: { "@typescript-eslint/no-restricted-imports": "off" } },
);

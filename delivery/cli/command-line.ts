import { parseArgs, type ParseArgsConfig } from "node:util";
import { Failure, messageOf } from "../../common";

type Options = NonNullable<ParseArgsConfig["options"]>;

/** A command line's options and other arguments. */
interface Arguments {
  /** An option's value. @throws Usage where the option isn't given. */
  readonly required: (name: string) => string;
  /** An option's value; undefined where the option isn't given, or empty, as a workflow passes a variable that isn't set. */
  readonly optional: (name: string) => string | undefined;
  /** Whether an option without a value is given. */
  readonly flag: (name: string) => boolean;
  readonly positionals: readonly string[];
}

/**
 * Runs a script. Prints its help where the user asks, and a failure as one line. The exit status is 0, 1 after a failure of
 * `work`, and 2 after a wrong command line.
 *
 * @param options Names of the options, each with a value.
 * @param flags Names of the options without a value.
 */
export async function main(
  help: string,
  options: readonly string[],
  work: (args: Arguments) => Promise<void> | void,
  flags: readonly string[] = [],
): Promise<void> {
  const argv = process.argv.slice(2);
  if (argv.includes("--help") || argv.includes("-h")) {
    process.stdout.write(help);
    return;
  }
  try {
    await work(readArguments(argv, options, flags));
  } catch (error) {
    if (!(error instanceof Failure)) {
      throw error;
    }
    process.stderr.write(`error: ${error.message}\n`);
    process.exitCode = error instanceof Usage ? 2 : 1;
  }
}

/** A wrong command line. */
export class Usage extends Failure {
  constructor(problem: string) {
    super(`${problem}; --help says how this is used`);
  }
}

function readArguments(args: string[], names: readonly string[], flags: readonly string[]): Arguments {
  const options: Options = {
    ...Object.fromEntries(names.map((name) => [name, { type: "string" }])),
    ...Object.fromEntries(flags.map((name) => [name, { type: "boolean" }])),
  };
  const parse = () => {
    try {
      return parseArgs({ args, options, allowPositionals: true, strict: true });
    } catch (error) {
      throw new Usage(messageOf(error));
    }
  };
  const { values, positionals } = parse();
  const optional = (name: string) => {
    const value = values[name];
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  return {
    positionals,
    flag: (name) => values[name] === true,
    optional,
    required: (name) => {
      const value = optional(name);
      if (value === undefined) {
        throw new Usage(`--${name} is missing`);
      }
      return value;
    },
  };
}

import { dockerLogin, ecrAccount, parseRepository } from "../../common";
import { clean, ecrManifests, pullingAccounts, registryManifests } from "../clean";
import { mostRecent } from "../release";
import { run } from "../run";
import { main, Usage } from "./command-line";

const help = `node --require ./loader delivery/cli/clean.ts --repository HOST/PATH [--newest N] [--age HOURS]
  [--yes] [BACKEND...]

Lists what a repository holds, and why each manifest stays or goes. With --yes, deletes what goes. These stay:
- what the state of a stack names, also while an update of it runs, what its last good release deployed, and its --newest N good
  releases (5; at most ${mostRecent}),
- what was pushed in the last --age HOURS (24) where the registry says when, which ECR does,
- what has a tag that isn't of a build's content,
- what one of these lists or has attached: platforms, attestations, signatures.

The stacks are all of this project in the backend that PULUMI_BACKEND_URL names, and in each BACKEND: name every backend whose
stacks use the repository. Passphrases aren't needed. ECR is asked by the AWS CLI, any other registry with Docker's own login.

Ends with 0 where all that goes is gone, or without --yes is listed, with 1 after a failure, and with 2 after a wrong command line.
Nothing is deleted where a stack can't be read, where a job is changing one, where a backend has none, where no stack uses the
repository, and where an account may pull from it in which no stack is.
`;

void main(
  help,
  ["repository", "newest", "age"],
  async ({ required, optional, flag, positionals: backends }) => {
    const given = required("repository");
    const repository = parseRepository(given);
    if (repository === undefined) {
      throw new Usage(`--repository ${given} is no repository, host[:port]/path without a scheme, a tag or a digest`);
    }
    const number = (name: string, unset: number, least: number, most: number) => {
      const value = Number(optional(name) ?? unset);
      if (!Number.isInteger(value) || value < least || value > most) {
        throw new Usage(`--${name} ${optional(name)} is no whole number from ${least} to ${most}`);
      }
      return value;
    };
    const grace = { newest: number("newest", 5, 1, mostRecent), age: number("age", 24, 0, 8760), now: new Date() };
    const isEcr = ecrAccount(repository.host) !== undefined;
    const store = isEcr
      ? ecrManifests(run, repository)
      : registryManifests(repository, await dockerLogin(repository.host));
    const pullers = isEcr ? await pullingAccounts(run, repository) : [];
    const isCertain = flag("yes");
    await clean({ repository, store, backends, grace, pullers, isCertain }, run, (text) => process.stdout.write(text));
    process.stdout.write(isCertain ? "all that goes is deleted\n" : "nothing is deleted without --yes\n");
  },
  ["yes"],
);

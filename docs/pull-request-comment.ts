import { unknown } from "../delivery/preview";
import { environmentOf, renderComment, renderEnvironment } from "../delivery/pull-request";

const repository = "111122223333.dkr.ecr.eu-central-1.amazonaws.com/ping";
const running = `${repository}@sha256:709f55c53587ee8c339b4e227da2ed028c9c0051d29084a6da5f38589c57e59b`;
const [oldTag, newTag] = ["b9fe6bf8299d2234", "41c07de5a9b3f682"];

const [image, deployment, autoscaler] = [
  "docker-build:index:Image",
  "kubernetes:apps/v1:Deployment",
  "kubernetes:autoscaling/v2:HorizontalPodAutoscaler",
];
const urn = (type: string, name: string) => `urn:pulumi:staging::ping::${type}::${name}`;
const update = { kind: "update", inputDiff: true };

const golang = "golang:1.26";
const [oldBase, newBase] = [
  "sha256:2c5f7a0c29c1c3f0a4f9d0c1fd4c0f3e6f0d6ad8a2bd0a0e6f1c7c8f6f0b9d13",
  "sha256:8e02eb337d9e0ea459e041f1ee5eece41cbb61f1d83e7d883a3e2fb4862063fa",
];

const build = (tag: string, digest: string) => ({
  context: { named: { [golang]: { location: `docker-image://docker.io/library/golang@${digest}` } } },
  buildArgs: { ORG_OPENCONTAINERS_IMAGE_VERSION: tag },
  tags: [`${repository}:${tag}`],
});
const pods = (reference: string) => ({ spec: { template: { spec: { containers: [{ image: reference }] } } } });
const range = (minReplicas: number) => ({ spec: { minReplicas } });

/** What `pulumi preview --json` writes of the request that the page is about. */
const preview = {
  steps: [
    {
      op: "same",
      urn: urn("pulumi:pulumi:Stack", "ping-staging"),
      oldState: { type: "pulumi:pulumi:Stack", outputs: { image: running } },
    },
    {
      op: "update",
      urn: urn(image, "ping-build"),
      oldState: { type: image, inputs: build(oldTag, oldBase) },
      newState: { type: image, inputs: build(newTag, newBase) },
      detailedDiff: {
        [`context.named["${golang}"].location`]: update,
        "buildArgs.ORG_OPENCONTAINERS_IMAGE_VERSION": update,
        "tags[0]": update,
      },
    },
    {
      op: "update",
      urn: urn(`ping:index:GoService$${deployment}`, "ping-deployment"),
      oldState: { type: deployment, inputs: pods(running) },
      newState: { type: deployment, inputs: pods(unknown) },
      detailedDiff: { "spec.template.spec.containers[0].image": update },
    },
    {
      op: "update",
      urn: urn(autoscaler, "ping-autoscaler"),
      oldState: { type: autoscaler, inputs: range(2) },
      newState: { type: autoscaler, inputs: range(3) },
      detailedDiff: { "spec.minReplicas": update },
    },
  ],
  changeSummary: { update: 3, same: 19 },
};

/** The commit and its log. */
const of = { commit: "5d1e7f0c2b9a4368", log: "https://github.com/example/ping/actions/runs/1" };

const environment = renderEnvironment(environmentOf("7", "name: ping", "config: {}"), {
  state: "success",
  url: "https://pr-7.preview.example.com",
  ...of,
});
const comment = renderComment(JSON.stringify(preview), { stack: "staging", ...of });

const quoted = (markdown: string) => markdown.replaceAll(/^/gm, "> ").replaceAll(/ +$/gm, "");

/** docs/pull-request-comment.md: GitHub shows the comments in it as it shows them below a pull request. */
export const commentPage = `# A pull request's comments

\`npm run generate\` writes this page from what \`delivery/\` renders. \`npm test\` fails if it is stale. Here a request edits the
service's code and raises \`replicas.min\`, after a base image has moved.

## Its environment

${quoted(environment)}

## Its preview

\`prod\` has such a comment too.

${quoted(comment)}
`;

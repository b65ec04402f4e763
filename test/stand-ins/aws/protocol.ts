import type { UntypedServiceImplementation } from "@grpc/grpc-js";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import {
  CheckFailure,
  type CheckRequest,
  CheckResponse,
  type ConfigureRequest,
  ConfigureResponse,
  type CreateRequest,
  CreateResponse,
  type DeleteRequest,
  type DiffRequest,
  GetSchemaResponse,
  type InvokeRequest,
  InvokeResponse,
  ProviderHandshakeResponse,
  type ReadRequest,
  ReadResponse,
  type UpdateRequest,
  UpdateResponse,
} from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { diffProperties } from "../diff";
import { diffResponse } from "../diff-response";
import { unary, unimplemented } from "../serve";
import { fromStruct, toStruct } from "../values";
import { type Account, openAccount } from "./account";
import { functions } from "./functions";
import { checkInputs, diffInputs, kindOf, type Refusal, Resources } from "./provider";
import { parseSettings, refusedSettings } from "./settings";

const componentsToo = "the AWS stand-in has no components";

/**
 * The `ResourceProvider` service of the AWS stand-in: what the program uses of `@pulumi/aws`, done by way of the
 * AWS SDK, so against AWS itself or whatever `AWS_ENDPOINT_URL` names. Secrets are left to the engine, which marks the
 * outputs that belong to secret inputs (`acceptSecrets: false`).
 */
export function awsProvider(version: string): UntypedServiceImplementation {
  let opened: Account | undefined;
  const account = (): Account => {
    if (opened === undefined) {
      throw new Error("the AWS provider was used before it was configured");
    }
    return opened;
  };
  const resources = () => new Resources(account());
  return {
    handshake: unary(() => new ProviderHandshakeResponse()),
    attach: unary(() => new Empty()),
    getPluginInfo: unary(() => new PluginInfo().setVersion(version)),
    getSchema: unary(() => new GetSchemaResponse().setSchema(JSON.stringify({ name: "aws", version }))),
    checkConfig: unary((request: CheckRequest) =>
      new CheckResponse()
        .setInputs(request.getNews())
        .setFailuresList(failures(refusedSettings(fromStruct(request.getNews())))),
    ),
    diffConfig: unary((request: DiffRequest) => {
      const changes = diffProperties(fromStruct(request.getOldInputs()), fromStruct(request.getNews()));
      // Another region is another place, and everything in it has to be made there; the rest only says who does it.
      const relevant = changes.filter(({ path: [key] }) => key !== "version");
      return diffResponse({
        changes: relevant.map((change) => ({ ...change, replaces: change.path[0] === "region" })),
        deleteFirst: false,
      });
    }),
    configure: unary(async (request: ConfigureRequest) => {
      const variables = request.getVariablesMap();
      const settings = parseSettings((key) => variables.get(`aws:config:${key}`), process.env);
      opened = await openAccount(settings);
      return new ConfigureResponse().setSupportspreview(true);
    }),
    check: unary((request: CheckRequest) => {
      const [olds, news] = [fromStruct(request.getOlds()), fromStruct(request.getNews())];
      const kind = kindOf(request.getType());
      const { inputs, refused } = checkInputs(kind, request.getName(), request.getRandomseed_asU8(), olds, news);
      return new CheckResponse().setInputs(toStruct(inputs)).setFailuresList(failures(refused));
    }),
    diff: unary((request: DiffRequest) => {
      const [state, olds] = [fromStruct(request.getOlds()), fromStruct(request.getOldInputs())];
      const news = fromStruct(request.getNews());
      return diffResponse(diffInputs(kindOf(request.getType()), state, olds, news, account().defaultTags));
    }),
    create: unary(async (request: CreateRequest) => {
      const inputs = fromStruct(request.getProperties());
      if (request.getPreview()) {
        return new CreateResponse().setProperties(toStruct(resources().preview(request.getType(), {}, inputs)));
      }
      const { id, outputs } = await resources().create(request.getType(), inputs);
      return new CreateResponse().setId(id).setProperties(toStruct(outputs));
    }),
    update: unary(async (request: UpdateRequest) => {
      const [olds, news] = [fromStruct(request.getOlds()), fromStruct(request.getNews())];
      const outputs = request.getPreview()
        ? resources().preview(request.getType(), olds, news)
        : await resources().update(request.getType(), request.getId(), olds, news);
      return new UpdateResponse().setProperties(toStruct(outputs));
    }),
    read: unary(async (request: ReadRequest) => {
      const [state, inputs] = [fromStruct(request.getProperties()), fromStruct(request.getInputs())];
      const found = await resources().read(request.getType(), request.getId(), state, inputs);
      const response = new ReadResponse();
      return found === undefined
        ? response
        : response.setId(request.getId()).setProperties(toStruct(found.outputs)).setInputs(toStruct(found.inputs));
    }),
    delete: unary(async (request: DeleteRequest) => {
      await resources().delete(request.getType(), request.getId(), fromStruct(request.getProperties()));
      return new Empty();
    }),
    invoke: unary(async (request: InvokeRequest) => {
      const lookup = functions[request.getTok()];
      if (lookup === undefined) {
        const known = Object.keys(functions).join(", ");
        throw new Error(`the AWS stand-in doesn't have ${request.getTok()}, only ${known}`);
      }
      const found = await lookup(account(), fromStruct(request.getArgs()));
      return new InvokeResponse().setReturn(toStruct(found));
    }),
    cancel: unary(() => new Empty()),
    call: unimplemented(componentsToo),
    construct: unimplemented(componentsToo),
  };
}

function failures(refused: readonly Refusal[]): CheckFailure[] {
  return refused.map(({ property, reason }) => new CheckFailure().setProperty(property).setReason(reason));
}

import type { UntypedServiceImplementation } from "@grpc/grpc-js";
import { version } from "@pulumi/aws/package.json";
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
  DiffResponse,
  type InvokeRequest,
  InvokeResponse,
  type ReadRequest,
  ReadResponse,
  type UpdateRequest,
  UpdateResponse,
} from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { unary } from "../serve";
import { fromStruct, toStruct } from "../values";
import { type Account, openAccount } from "./account";
import { functions } from "./functions";
import { changedInputs, kindOf, refusedInputs, type Refusal, replacement, Resources } from "./resources";
import { parseSettings, refusedSettings } from "./settings";

/**
 * The `ResourceProvider` service of the AWS stand-in: what the program uses of `@pulumi/aws`, done by way of the AWS SDK, so
 * against AWS itself or whatever `AWS_ENDPOINT_URL` names. It leaves secrets to the engine, which marks the outputs that
 * belong to secret inputs (`acceptSecrets: false`).
 */
export function awsProvider(): UntypedServiceImplementation {
  let opened: Account | undefined;
  const account = (): Account => {
    if (opened === undefined) {
      throw new Error("the AWS provider was used before it was configured");
    }
    return opened;
  };
  const resources = () => new Resources(account());
  return {
    getPluginInfo: unary(() => new PluginInfo().setVersion(version)),
    checkConfig: unary((request: CheckRequest) => {
      const refused = refusedSettings(fromStruct(request.getNews()));
      return checked(
        request,
        refused.map((property) => ({ property, reason: `the AWS stand-in doesn't have the argument ${property}` })),
      );
    }),
    configure: unary(async (request: ConfigureRequest) => {
      const variables = request.getVariablesMap();
      opened = await openAccount(parseSettings((key) => variables.get(`aws:config:${key}`)));
      return new ConfigureResponse().setSupportspreview(true);
    }),
    check: unary((request: CheckRequest) =>
      checked(request, refusedInputs(kindOf(request.getType()), fromStruct(request.getNews()))),
    ),
    diff: unary((request: DiffRequest) => {
      const [state, olds] = [fromStruct(request.getOlds()), fromStruct(request.getOldInputs())];
      const kind = kindOf(request.getType());
      const changed = changedInputs(kind, state, olds, fromStruct(request.getNews()), account().defaultTags);
      const { because, deleteFirst } = replacement(kind, changed);
      const { DIFF_NONE, DIFF_SOME } = DiffResponse.DiffChanges;
      return new DiffResponse()
        .setChanges(changed.length > 0 ? DIFF_SOME : DIFF_NONE)
        .setDiffsList(changed)
        .setReplacesList(because)
        .setDeletebeforereplace(deleteFirst);
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
      const [state, news] = [fromStruct(request.getOlds()), fromStruct(request.getNews())];
      const outputs = request.getPreview()
        ? resources().preview(request.getType(), state, news)
        : await resources().update(request.getType(), request.getId(), state, news);
      return new UpdateResponse().setProperties(toStruct(outputs));
    }),
    read: unary(async (request: ReadRequest) => {
      const found = await resources().read(request.getType(), request.getId(), fromStruct(request.getInputs()));
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
      return new InvokeResponse().setReturn(toStruct(await lookup(account(), fromStruct(request.getArgs()))));
    }),
  };
}

function checked(request: CheckRequest, refused: readonly Refusal[]): CheckResponse {
  const failures = refused.map(({ property, reason }) => new CheckFailure().setProperty(property).setReason(reason));
  return new CheckResponse().setInputs(request.getNews()).setFailuresList(failures);
}

import { Metadata, status } from "@grpc/grpc-js";
import { ErrorResourceInitFailed } from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { Any } from "google-protobuf/google/protobuf/any_pb";
import { DetailedError } from "./serve";
import { type Properties, toStruct } from "./values";

/**
 * A resource that exists but did not become ready. The engine keeps it in the state, with these reasons, and tries an
 * update the next time.
 */
export class InitializationFailed extends DetailedError {
  private readonly id: string;
  private readonly outputs: Properties;
  private readonly reasons: readonly string[];

  constructor(id: string, outputs: Properties, reasons: readonly string[]) {
    super(reasons.join("\n"));
    this.id = id;
    this.outputs = outputs;
    this.reasons = reasons;
  }

  override toMetadata(): Metadata {
    const failed = new ErrorResourceInitFailed().setId(this.id).setProperties(toStruct(this.outputs));
    const packed = new Any();
    packed.pack(failed.setReasonsList([...this.reasons]).serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
    const details = new Status().setCode(status.UNKNOWN).setMessage(this.message);
    details.addDetails(packed);
    const metadata = new Metadata();
    // The field in which gRPC's Go implementation expects structured errors.
    metadata.add("grpc-status-details-bin", Buffer.from(details.serializeBinary()));
    return metadata;
  }
}

import { credentials } from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";

/** Messages to whoever watches `pulumi up`, shown next to a resource. They are lost where no engine listens. */
export class EngineLog {
  private readonly address: () => string;
  private client: EngineClient | undefined;

  /** `address` gives the host:port of the engine, once the engine has told it. */
  constructor(address: () => string) {
    this.address = address;
  }

  /** What is going on with a resource; gone from the screen when it is done. */
  status(urn: string, message: string): void {
    this.send(urn, message, LogSeverity.INFO, true);
  }

  /** Something that stays in the summary. */
  warn(urn: string, message: string): void {
    this.send(urn, message, LogSeverity.WARNING, false);
  }

  /** Closes the connection. */
  close(): void {
    this.client?.close();
  }

  private send(urn: string, message: string, severity: LogSeverity, ephemeral: boolean): void {
    const address = this.address();
    if (address === "") {
      return;
    }
    this.client ??= new EngineClient(address, credentials.createInsecure());
    const request = new LogRequest().setUrn(urn).setMessage(message).setSeverity(severity).setEphemeral(ephemeral);
    this.client.log(request, () => undefined);
  }
}

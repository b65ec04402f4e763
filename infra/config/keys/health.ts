import { matching, object, value } from "../readers";

/** The schema of a path of the service. */
export const path = value("a path that starts with /", matching(/^\/\S*$/));

/** The default of `healthPath`. */
export const defaultHealthPath = "/health";

/** The key `grpcHealth`. */
export const grpcHealth = object({
  service: value("the name of a gRPC service, such as shop.v1.Orders", matching(/^\S+$/)).optional(),
});

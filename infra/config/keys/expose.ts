import { z } from "zod";
import { isCidr } from "../cidr";
import { exactlyOne, matching, object, parsed, scalar, text, value } from "../readers";
import { withStack } from "../stack-placeholder";

const label = /[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?/.source;
/** A DNS label of RFC 1123, such as the name of a namespace. */
const namespaceForm = new RegExp(`^${label}$`);
/** The last label starts with a letter. Otherwise it would be an address. */
const hostForm = new RegExp(`^(?=.{1,253}$)(?:${label}\\.)+(?![0-9])${label}$`);

/** Whether a host is one in the stack of this name, which must fit into a label: a dot would make two labels of it. */
export function isHostIn(host: string, stack: string): boolean {
  return hostForm.test(withStack(host, stack)) && (withStack(host, "") === host || /^[a-z0-9-]+$/.test(stack));
}

/** With any stack's name: a letter fits wherever `{stack}` may stand. */
const isHost = (host: string) => isHostIn(host, "s");

const namespace = value("the name of a namespace", matching(namespaceForm));

const annotations = z.record(z.string(), value("a string (in quotes if YAML reads something else)", scalar), {
  error: "be an object of names and values",
});

/** The key `expose`. */
export const expose = object({
  host: value(
    "the name of a host in lower case, such as ping.example.com or {stack}.example.com, and {stack} its only placeholder",
    parsed((given) => (isHost(given) ? given : undefined)),
  ),
  gateway: object({
    name: value("the name of a Gateway", matching(/^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/)),
    namespace,
  }).optional(),
  ingress: object({
    class: value("the name of an IngressClass", text),
    tlsSecret: value("the name of a Secret", text).optional(),
    annotations: annotations.prefault({}),
  }).optional(),
  from: z
    .array(
      value(
        "the name of a namespace, or a network in CIDR notation such as 10.0.0.0/8",
        parsed((given) => (namespaceForm.test(given) || isCidr(given) ? given : undefined)),
      ),
      { error: "be a list of namespaces and networks" },
    )
    .min(1, "name at least one namespace or network")
    .optional(),
}).superRefine(exactlyOne("expose", ["gateway", "ingress"]));

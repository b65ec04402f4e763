import type { Rule } from "./rule";
import { at, listAt, textAt } from "./members";
import { type Container, containers, podTemplate } from "./workload";

/** Volumes that the restricted profile allows. */
const volumeTypes = [
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "persistentVolumeClaim",
  "projected",
  "secret",
];

/**
 * The restricted profile (kubernetes.io/docs/concepts/security/pod-security-standards), and a read-only root. The cluster
 * refuses such a pod too, but only once it is deployed, and only in a namespace with the profile's labels.
 */
export const restrictedSecurityContext: Rule = {
  name: "restricted-security-context",
  description: "Every pod keeps to Kubernetes' restricted Pod Security profile, and its containers' root is read-only.",
  violations: (type, properties) => {
    const pod = podTemplate(type, properties);
    return pod === undefined
      ? []
      : [...ofPod(pod.spec), ...containers(pod).flatMap((container) => ofContainer(pod.spec, container))];
  },
};

function ofPod(spec: unknown): string[] {
  const host = ["hostNetwork", "hostPID", "hostIPC"].filter((key) => at(spec, key) === true);
  const volumes = listAt(spec, "volumes").filter(
    (volume) => !volumeTypes.some((kind) => at(volume, kind) !== undefined),
  );
  return [
    ...host.map((key) => `The pod sets ${key}.`),
    ...volumes.map(
      (volume) => `The volume ${textAt(volume, "name")} is of none of the kinds ${volumeTypes.join(", ")}.`,
    ),
    ...(listAt(spec, "securityContext", "sysctls").length > 0 ? ["The pod sets sysctls."] : []),
  ];
}

function ofContainer(spec: unknown, { name, properties }: Container): string[] {
  const own = (...path: string[]) => at(properties, "securityContext", ...path);
  // What a container doesn't say, its pod says for it.
  const effective = (...path: string[]) => own(...path) ?? at(spec, "securityContext", ...path);
  const dropped = listAt(properties, "securityContext", "capabilities", "drop");
  const added = listAt(properties, "securityContext", "capabilities", "add").filter(
    (each) => each !== "NET_BIND_SERVICE",
  );
  const wrong: readonly (readonly [boolean, string])[] = [
    [effective("runAsNonRoot") !== true, "doesn't set runAsNonRoot"],
    [effective("runAsUser") === 0, "runs as user 0"],
    [!["RuntimeDefault", "Localhost"].includes(String(effective("seccompProfile", "type"))), "has no seccomp profile"],
    [own("allowPrivilegeEscalation") !== false, "doesn't forbid allowPrivilegeEscalation"],
    [own("privileged") === true, "is privileged"],
    [!dropped.includes("ALL"), "doesn't drop ALL capabilities"],
    [added.length > 0, `adds the capabilities ${added.join(", ")}`],
    [own("readOnlyRootFilesystem") !== true, "doesn't make its root read-only"],
    [!["undefined", "Default"].includes(String(own("procMount"))), "sets procMount"],
    [listAt(properties, "ports").some((port) => at(port, "hostPort") !== undefined), "takes a port of its node"],
  ];
  return wrong.filter(([is]) => is).map(([, what]) => `The ${name} ${what}.`);
}

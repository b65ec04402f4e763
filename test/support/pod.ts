/** A pod, as far as tests look at one. */
export interface Pod {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly creationTimestamp: string;
    readonly deletionTimestamp?: string;
  };
  readonly spec: {
    readonly nodeName: string;
    readonly serviceAccountName: string;
    readonly automountServiceAccountToken: boolean;
    readonly volumes?: unknown;
    readonly containers: readonly [Container];
  };
  readonly status: {
    readonly podIP: string;
    readonly conditions: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly [ContainerStatus];
  };
}

interface Container {
  readonly image: string;
  readonly env: readonly { readonly name: string; readonly value?: string }[];
  readonly envFrom: readonly { readonly secretRef: { readonly name: string } }[];
}

interface ContainerStatus {
  readonly containerID: string;
  readonly ready: boolean;
  readonly restartCount: number;
  readonly state: { readonly waiting?: { readonly reason: string; readonly message?: string } };
}

/** Whether a Service sends requests to a pod. */
export const isReady = ({ status }: Pod) =>
  status.conditions.some(({ type, status }) => type === "Ready" && status === "True");

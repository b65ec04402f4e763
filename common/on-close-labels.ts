/** The label of a CronJob that an environment runs once before it ends. */
export const onCloseLabels = { "app.kubernetes.io/component": "on-close" } as const;

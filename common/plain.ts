/**
 * An argument of a component that is no Input, because the component must know it while the program runs. It decides which
 * resources there are or which inputs they have, it is an option of a resource, or it is a part of a message.
 */
export type Plain<T> = T;

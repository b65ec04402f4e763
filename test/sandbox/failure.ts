/** An error that explains itself to the user: shown without a stack. */
export class Failure extends Error {}

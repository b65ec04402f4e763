import * as pulumi from "@pulumi/pulumi";
import { dockerLogin, Failure, type Login, RegistryError, tryLogin } from "../../common";

/** A login to a registry that reads and pushes, in plain text. */
export interface FoundLogin extends Login {
  /** Whether it is Docker's own, which the docker-build plugin finds by itself. It finds no identity token. */
  readonly docker: boolean;
}

/**
 * Chooses between Docker's own login and another one. Docker's comes first, because no state of Pulumi's has to hold it.
 * One that the registry refuses, such as yesterday's for ECR, is passed over.
 *
 * @param other Undefined if there is none.
 * @throws Failure if there is only Docker's, and the registry refuses it.
 */
export async function findLogin(host: string, other: Login): Promise<FoundLogin>;
export async function findLogin(host: string, other: Login | undefined): Promise<FoundLogin | undefined>;
export async function findLogin(host: string, other: Login | undefined): Promise<FoundLogin | undefined> {
  const own = await dockerLogin(host);
  const refusal = own && (await refusalOf(tryLogin(host, own)));
  if (own && refusal === undefined) {
    return { ...own, docker: !own.identityToken };
  }
  if (own && other === undefined) {
    throw new Failure(
      `the registry ${host} refuses Docker's own login, of ${own.username}: ${refusal}. Run docker login ${host} again.`,
    );
  }
  if (own) {
    void pulumi.log.warn(
      `the registry ${host} refuses Docker's own login, of ${own.username}. That of ${other?.username} is used, and a build ` +
        `leaves it in Pulumi's state: run docker login ${host} again.`,
    );
  }
  return other && { ...other, docker: false };
}

/** What a registry refuses a question with. Undefined if it doesn't refuse. */
export async function refusalOf(asked: Promise<unknown>): Promise<string | undefined> {
  try {
    await asked;
  } catch (error) {
    if (error instanceof RegistryError && (error.status === 401 || error.status === 403)) {
      return error.message;
    }
    // Node.js may not get there where the plugins do, such as with the system's list of certificate authorities.
  }
  return undefined;
}

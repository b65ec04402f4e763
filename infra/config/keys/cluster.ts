import { z } from "zod";
import { exactlyOne, matching, object, text, value } from "../readers";

/** A stack's name, with or without its organization and project. */
export const stack = value(
  "the name of a stack, [[organization/]project/]stack",
  matching(/^(?:[\w.-]+\/){0,2}[\w.-]+$/),
);

/** The forms of names are those of the EKS API's CreateCluster and of IAM. */
export const eks = object({
  name: value(
    "the name of an EKS cluster: up to 100 letters, digits, - and _",
    matching(/^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/),
  ),
  profile: value("the name of a profile in the AWS configuration", text).optional(),
  role: value(
    "the ARN of an IAM role, arn:aws:iam::<12 digits>:role/<name>",
    matching(/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/),
  ).optional(),
});

/** The key `cluster`. */
export const cluster = z
  .strictObject(
    {
      context: value("the name of a context in the kubeconfig", text).optional(),
      eks: eks.optional(),
      stack: stack.optional(),
    },
    { error: "be a context of the kubeconfig, or an object with one of the keys context, eks, stack" },
  )
  .superRefine(exactlyOne("cluster", ["context", "eks", "stack"]));

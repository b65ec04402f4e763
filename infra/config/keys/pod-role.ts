import { z } from "zod";
import { matching, object, value } from "../readers";

/** The key `podRole`. The form of an ARN is that of IAM's managed policies. */
export const podRole = object({
  policies: z
    .array(
      value(
        "the ARN of an IAM policy, arn:aws:iam::<aws or 12 digits>:policy/<name>",
        matching(/^arn:aws[a-z-]*:iam::(?:aws|\d{12}):policy\/[\w+=,.@/-]+$/),
      ),
      { error: "be a list of ARNs of IAM policies" },
    )
    .min(1, "name at least one policy")
    .refine((list) => new Set(list).size === list.length, "name each policy once"),
});

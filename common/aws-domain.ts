/** The end of the names of AWS's hosts in a partition. */
export const awsDomain = (partition: string): string => (partition === "aws-cn" ? "amazonaws.com.cn" : "amazonaws.com");
